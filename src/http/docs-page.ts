import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isRead } from './read-only.js';
import type { HttpMiddleware } from './request-state.js';
import { normalisePath } from './rest-routes.js';

export const DOCS_PATH = '/docs';

// The package's own entry would load the whole browser bundle into this process.
const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Assay API</title>
    <link rel="icon" type="image/png" href="${DOCS_PATH}/favicon-32x32.png" />
    <link rel="stylesheet" href="${DOCS_PATH}/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${DOCS_PATH}/swagger-ui-bundle.js"></script>
    <script src="${DOCS_PATH}/start.js"></script>
  </body>
</html>
`;

// Calls go to the name the page was opened by: under the public one they would be another origin's.
const startScript = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.url = request.url.replace(/^https?:[/][/][^/]+/, location.origin);
    return request;
  },
});
`;

const texts: Record<string, { type: string; body: string }> = {
  [DOCS_PATH]: { type: 'text/html; charset=utf-8', body: page },
  [`${DOCS_PATH}/start.js`]: { type: 'text/javascript; charset=utf-8', body: startScript },
};

/** The only files served out of Swagger UI's package. */
const assets: Record<string, { type: string; file: string }> = {
  [`${DOCS_PATH}/swagger-ui.css`]: { type: 'text/css; charset=utf-8', file: 'swagger-ui.css' },
  [`${DOCS_PATH}/swagger-ui-bundle.js`]: { type: 'text/javascript; charset=utf-8', file: 'swagger-ui-bundle.js' },
  [`${DOCS_PATH}/favicon-32x32.png`]: { type: 'image/png', file: 'favicon-32x32.png' },
};

/** Swagger UI on the service's own document, from files of this machine alone; whoever comes to `/` is sent there where no console is built. */
export const docsPage: HttpMiddleware = async (ctx, next) => {
  const path = normalisePath(ctx.path);
  const text = texts[path];
  const asset = assets[path];
  if (path !== '/' && !text && !asset) return next();

  ctx.state.route = path;
  if (!isRead(ctx)) return undefined;
  if (path === '/') {
    ctx.redirect(DOCS_PATH);
  } else if (text) {
    ctx.type = text.type;
    ctx.body = text.body;
  } else if (asset) {
    const file = join(swaggerUi, asset.file);
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.length = (await stat(file)).size;
    ctx.type = asset.type;
    ctx.body = createReadStream(file);
  }
  return undefined;
};
