import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Tracing } from './tracing.js';

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL };

/** Spans made by hand where work begins and changes hands, sent by OTLP over HTTP in batches. */
export function openTelemetry(endpoint: string, service: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const tracer = trace.getTracer('assay');
  return {
    span(name, { kind = 'internal', parent, attributes = {} }, work) {
      const above = parent ? propagation.extract(ROOT_CONTEXT, { traceparent: parent }) : context.active();
      return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, above, async (span) => {
        try {
          return await work((notes) => {
            if (notes.name) span.updateName(notes.name);
            if (notes.attributes) span.setAttributes(notes.attributes);
          });
        } catch (error) {
          // Not its message, which may quote what users sent.
          span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error | null)?.name ?? 'Error' });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    traceparent() {
      const carrier: { traceparent?: string } = {};
      propagation.inject(context.active(), carrier);
      return carrier.traceparent;
    },
    async stop() {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
