import type { OpenAPIObject } from 'trpc-to-openapi';

type Components = NonNullable<OpenAPIObject['components']>;

const state = (example: string) => ({
  type: 'object' as const,
  required: ['status'],
  properties: { status: { type: 'string' as const, example } },
});

const database = { type: 'string' as const, enum: ['ok', 'unreachable'] };
const count = { type: 'integer' as const };

const health = {
  type: 'object' as const,
  required: ['status', 'version', 'database', 'storage', 'queue', 'workers'],
  properties: {
    status: { type: 'string' as const, enum: ['ok', 'degraded', 'down'] },
    version: { type: 'string' as const },
    database,
    storage: database,
    queue: { type: ['object' as const, 'null' as const], properties: { depth: count, failed: count } },
    workers: { type: ['object' as const, 'null' as const], properties: { processes: count, threads: count } },
  },
};

const probe = (path: string, summary: string, schema: object, failure?: string) => {
  const content = { 'application/json': { schema } };
  const responses = {
    200: { description: 'Yes.', content },
    ...(failure && { 503: { description: failure, content } }),
  };
  return { [path]: { get: { operationId: path.slice(1), summary, tags: ['operations'], security: [], responses } } };
};

/** What no procedure answers: the addresses for gateways and orchestrators. */
export const probePaths: NonNullable<OpenAPIObject['paths']> = {
  ...probe('/health', 'How the service is', health, 'Without its database the service can do nothing.'),
  ...probe('/livez', 'Whether this process answers', state('alive')),
  ...probe('/readyz', 'Whether to send requests here', state('ready'), 'Starting, stopping, or without database.'),
};

const descriptions: Record<number, string> = {
  400: 'The input is not valid: `errors` says which field and why.',
  401: 'No valid access token, or the credentials are wrong.',
  403: 'Signed in, but not allowed.',
  404: 'Not there, or not yours to see.',
  409: 'The state of things does not allow it.',
  413: 'The body is too large, or every file in it is.',
  415: 'The body is of another type than the call takes.',
  422: 'The `Idempotency-Key` belongs to another call.',
  423: 'The account is locked for a while.',
  429: 'Too many calls within a minute.',
  500: 'A fault of the service. Quote `request_id` when you report it.',
  503: 'The service is busy or restarting.',
  507: 'The storage is full.',
};

const waits = new Set([423, 429, 503]);

const errorBody = {
  type: 'object',
  description: 'The one shape of every error. `message` and `detail` carry the same sentence.',
  required: ['message', 'detail', 'code', 'request_id'],
  properties: {
    message: { type: 'string' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'For programs: it stays when sentences change.' },
    errors: {
      type: 'object',
      description: 'Faults by field of the input.',
      additionalProperties: { type: 'array', items: { type: 'string' } },
    },
    request_id: { type: 'string' },
  },
  example: {
    message: 'title: This must not be empty.',
    detail: 'title: This must not be empty.',
    code: 'invalid',
    errors: { title: ['This must not be empty.'] },
    request_id: '0b6b1c9e-8f0e-4d0c-9a55-0d9b9a4f0c11',
  },
} satisfies NonNullable<Components['schemas']>[string];

export const errorReference = (status: number) => ({
  $ref: `#/components/responses/${status in descriptions ? `Error${status}` : 'Error500'}`,
});

const header = (name: string, description: string) => ({
  name,
  in: 'header' as const,
  required: false,
  description,
  schema: { type: 'string' as const },
});

/** What any call of a kind may bear, by the middlewares of `idempotency.ts` and `entity-tag.ts`. */
const parameters = {
  IdempotencyKey: header(
    'Idempotency-Key',
    'Up to 255 visible ASCII characters, new for each call: whoever repeats the call with the same key within a day is ' +
      'given the first answer again, marked `Idempotent-Replayed`, and nothing is done twice.',
  ),
  IfNoneMatch: header('If-None-Match', 'The `ETag` of an answer at hand: 304 without a body while it still holds.'),
};

export const parameterReference = (name: keyof typeof parameters) => ({ $ref: `#/components/parameters/${name}` });

/** Adds what operations refer to, and drops the error schemas the generator supposed. */
export function sharedComponents(generated: Components = {}): Components {
  const schemas = Object.entries(generated.schemas ?? {}).filter(([name]) => !name.startsWith('error.'));
  return {
    schemas: { ...Object.fromEntries(schemas), ErrorBody: errorBody },
    parameters,
    responses: {
      ...Object.fromEntries(Object.keys(descriptions).map((status) => [`Error${status}`, response(Number(status))])),
      NotModified: { description: 'The answer named by `If-None-Match` still holds.' },
    },
    headers: {
      TotalCount: { description: 'Rows in the whole list.', schema: { type: 'integer' } },
      NextPage: { description: 'RFC 8288: `<…>; rel="next"` while there is more.', schema: { type: 'string' } },
      EntityTag: { description: 'Names this version of the answer, for `If-None-Match`.', schema: { type: 'string' } },
      IdempotentReplayed: {
        description: '`true`: this is the answer to an earlier call of the same `Idempotency-Key`.',
        schema: { type: 'string', enum: ['true'] },
      },
      RetryAfter: { description: 'Seconds after which the same call may succeed.', schema: { type: 'integer' } },
    },
  };
}

function response(status: number): NonNullable<Components['responses']>[string] {
  return {
    description: descriptions[status] ?? 'An error.',
    ...(waits.has(status) && { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } },
  };
}
