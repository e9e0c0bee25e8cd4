import { inputFields, unwrap, type RestRoute } from './rest-routes.js';

/** Names of the inputs that are lists: in a query a list of one looks like a single value. */
export function listInputs(route: RestRoute): ReadonlySet<string> {
  const lists = Object.entries(inputFields(route)).filter(([, schema]) => unwrap(schema).type === 'array');
  return new Set(lists.map(([name]) => name));
}

/**
 * Merges where an input may stand; the later source wins. The answer has no prototype, so that a key such as
 * `__proto__` is a key like any other.
 */
export function mergeInputs(...sources: object[]): Record<string, unknown> {
  const input = Object.create(null) as Record<string, unknown>;
  for (const source of sources) {
    for (const [key, value] of Object.entries(source)) input[key] = value as unknown;
  }
  return input;
}

/** The query as input: repeated keys, and `lists` in any case, become arrays. */
export function queryInput(search: string, lists: ReadonlySet<string>): Record<string, unknown> {
  const parameters = new URLSearchParams(search);
  const input = Object.create(null) as Record<string, unknown>;
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key);
    input[key] = values.length > 1 || lists.has(key) ? values : values[0];
  }
  return input;
}
