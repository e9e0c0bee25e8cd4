import type { AnyRouter } from '@trpc/server';
import { z } from 'zod';
import { generateOpenApiDocument, type OpenAPIObject, type OpenApiRouter } from 'trpc-to-openapi';
import { errorReference, parameterReference, probePaths, sharedComponents } from './openapi-components.js';
import { packageVersion } from '../package-version.js';
import { isRead } from './read-only.js';
import type { HttpMiddleware } from './request-state.js';
import { mergeInputs } from './rest-input.js';
import { inputFields, restRoutes, type RestRoute } from './rest-routes.js';

type PathItem = NonNullable<OpenAPIObject['paths']>[string];
type Operation = NonNullable<PathItem['get']>;
type MediaType = Extract<NonNullable<Operation['requestBody']>, { content: object }>['content'][string];
type Schema = Extract<NonNullable<MediaType['schema']>, { type?: unknown }>;

/** Serves the document at `/openapi.json`; it is made on first demand and kept. */
export function openApiRoute(router: AnyRouter, publicUrl: string): HttpMiddleware {
  let document: string | undefined;
  return async (ctx, next) => {
    if (ctx.path !== '/openapi.json') return next();
    ctx.state.route = ctx.path;
    if (!isRead(ctx)) return undefined;
    document ??= JSON.stringify(openApiDocument(router, publicUrl), withoutNoise);
    ctx.type = 'application/json';
    ctx.body = document;
    return undefined;
  };
}

/** Drops what a format says already, and the bounds of JavaScript's numbers. */
function withoutNoise(this: unknown, key: string, value: unknown): unknown {
  if (key === 'pattern' && (this as Schema).format !== undefined) return undefined;
  return typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;
}

/**
 * The REST face as OpenAPI 3.1: what `trpc-to-openapi` reads off the procedures, completed by what the bridge does:
 * the real success codes and error shape, files, paging headers, aliases, examples.
 */
export function openApiDocument(router: AnyRouter, publicUrl: string): OpenAPIObject {
  const routes = restRoutes(router).map((route) => ({ ...route, key: operationKey(route) }));
  const document = generateOpenApiDocument(routerOf(routes), {
    title: 'Assay',
    description:
      'Image datasets: requests, uploads, quality control and labelling. Every path also answers under `/api` and with ' +
      'a trailing slash.',
    version: packageVersion,
    baseUrl: publicUrl,
    tags: [...new Set(routes.flatMap(({ meta }) => meta.openapi.tags ?? []))].sort(),
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
  });
  for (const route of routes) {
    const operation = document.paths?.[route.template]?.[methodKey(route)];
    if (operation) complete(operation, route);
  }
  return {
    ...document,
    paths: { ...document.paths, ...probePaths },
    components: { ...document.components, ...sharedComponents(document.components) },
  };
}

type KeyedRoute = RestRoute & { key: string };

/** Unique also where several addresses lead to one procedure. */
function operationKey({ procedure, alias, method, template }: RestRoute): string {
  return alias ? `${procedure}.${method.toLowerCase()}${template.replaceAll(/[^a-zA-Z0-9]+/g, '.')}` : procedure;
}

/** What the generator reads of a router, with every alias as a procedure of its own. */
function routerOf(routes: readonly KeyedRoute[]): OpenApiRouter {
  const procedures = routes.map(({ key, definition, meta, method, template, alias, procedure }) => {
    const { summary, description, operationId = procedure.replaceAll('.', '-') } = meta.openapi;
    const openapi = {
      ...meta.openapi,
      method,
      path: template,
      operationId: alias ? key.replaceAll('.', '-') : operationId,
      summary: summary ?? procedure,
      description: alias ? `The same as ${meta.openapi.method} ${meta.openapi.path}.` : description,
    };
    const asQuery = definition.type === 'subscription' ? { type: 'query', output: z.string() } : {};
    return [key, { _def: { ...definition, ...asQuery, meta: { ...meta, openapi } } }] as const;
  });
  return { _def: { procedures: Object.fromEntries(procedures) } } as unknown as OpenApiRouter;
}

const methodKey = ({ method }: RestRoute) => method.toLowerCase() as Lowercase<RestRoute['method']>;

function complete(operation: Operation, route: RestRoute): void {
  const { meta, template } = route;
  const example = inputExample(route);
  operation.security = isProtected(route) ? [{ bearer: [] }] : [];
  operation.responses = { ...successResponse(operation, route), ...errorResponses(operation, route) };
  for (const parameter of operation.parameters ?? []) {
    if ('$ref' in parameter || !parameter.schema || '$ref' in parameter.schema) continue;
    parameter.description ??= parameter.schema.description;
    parameter.example ??= example[parameter.name] ?? parameter.schema.examples?.[0];
  }
  const json = jsonMedia(operation);
  if (json && Object.keys(example).length > 0) {
    const inBody = Object.entries(example).filter(([name]) => !template.includes(`{${name}}`));
    json.example = Object.fromEntries(inBody);
  }
  if (route.type === 'subscription') describeStream(operation, route);
  else operation.parameters = [...(operation.parameters ?? []), ...headerParameters(route)];
  if (meta.multipart) operation.requestBody = formBody(json, meta.multipart.fields);
}

/** The headers that any signed-in POST, and any read, may bear. */
function headerParameters(route: RestRoute) {
  if (isRepeatable(route)) return [parameterReference('IdempotencyKey')];
  return route.type === 'query' ? [parameterReference('IfNoneMatch')] : [];
}

const isRepeatable = (route: RestRoute) => route.method === 'POST' && isProtected(route);

/** Server-Sent Events, which OpenAPI 3.1 has no words for but a media type. */
function describeStream(operation: Operation, { meta }: RestRoute): void {
  const { eventName = 'message' } = meta;
  const others = (operation.parameters ?? []).filter((one) => '$ref' in one || one.name !== 'lastEventId');
  const lastEventId = {
    name: 'Last-Event-ID',
    in: 'header' as const,
    required: false,
    description: 'The id of the last event received: the stream goes on from there.',
    schema: { type: 'string' as const },
  };
  operation.parameters = [...others, lastEventId];
  const example = `retry: 2000\n\nid: …\nevent: ${eventName}\ndata: {…}\n\n`;
  operation.responses = {
    ...operation.responses,
    200: {
      description: `Server-Sent Events named \`${eventName}\`, with comments while there is nothing to tell.`,
      content: { 'text/event-stream': { schema: { type: 'string' }, example } },
    },
    204: { description: 'Nothing follows the event named by `Last-Event-ID`.' },
    503: errorReference(503),
  };
}

const isProtected = ({ meta }: RestRoute) => meta.openapi.protect !== false;

function jsonMedia({ requestBody }: Operation): MediaType | undefined {
  return requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined;
}

function inputExample({ definition }: RestRoute): Record<string, unknown> {
  const examples = definition.inputs.map((input) => {
    const { example, examples } = (input.meta() ?? {}) as { example?: object; examples?: object[] };
    return example ?? examples?.[0] ?? {};
  });
  return mergeInputs(...examples);
}

function successResponse(operation: Operation, route: RestRoute): Operation['responses'] {
  const { meta, definition, type } = route;
  const generated = (operation.responses?.['200'] ?? { description: 'Successful response' }) as object;
  const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
  const headers = {
    ...(meta.paged && { 'X-Total-Count': header('TotalCount'), Link: header('NextPage') }),
    ...(type === 'query' && { ETag: header('EntityTag') }),
    ...(isRepeatable(route) && { 'Idempotent-Replayed': header('IdempotentReplayed') }),
  };
  const isEmpty = ['void', 'undefined'].includes(definition.output?.type ?? '');
  const [status, response] = isEmpty ? [204, { description: 'Done.' }] : [meta.successStatus ?? 200, generated];
  return {
    [status]: { ...response, ...(Object.keys(headers).length > 0 && { headers }) },
    ...(type === 'query' && { 304: { $ref: '#/components/responses/NotModified' } }),
  };
}

function errorResponses(operation: Operation, route: RestRoute): Operation['responses'] {
  const { definition, template, meta } = route;
  const writes = definition.type === 'mutation';
  const namesRow = template.includes('{') || Object.keys(inputFields(route)).some((name) => /^(.+_)?id$/.test(name));
  const takesBody = operation.requestBody !== undefined || meta.multipart !== undefined;
  const extra = meta.openapi.errorResponses ?? [];
  const statuses = [
    ...(definition.inputs.length > 0 || meta.multipart ? [400] : []),
    ...(isProtected(route) ? [401, 403] : []),
    ...(namesRow ? [404] : []),
    ...(writes && isProtected(route) ? [409] : []),
    ...(isRepeatable(route) ? [422] : []),
    ...(takesBody ? [413] : []),
    ...(takesBody && !meta.multipart ? [415] : []),
    ...(Array.isArray(extra) ? extra : Object.keys(extra).map(Number)),
    429,
    500,
  ];
  return Object.fromEntries([...new Set(statuses)].sort().map((status) => [status, errorReference(status)]));
}

function formBody(json: MediaType | undefined, fields: readonly string[]): Operation['requestBody'] {
  const text: Schema = json?.schema && !('$ref' in json.schema) ? json.schema : {};
  const files: Schema = {
    type: 'array',
    items: { type: 'string', format: 'binary' },
    description: 'JPEG, PNG or WebP.',
  };
  const [documented = 'files'] = fields;
  const schema: Schema = {
    type: 'object',
    properties: { ...text.properties, [documented]: files },
    required: [...(text.required ?? []), documented],
  };
  const encoding = { [documented]: { contentType: 'image/jpeg, image/png, image/webp' } };
  return { required: true, content: { 'multipart/form-data': { schema, encoding } } };
}
