import type { AnyProcedure, AnyRouter } from '@trpc/server';
import type { RestMeta } from '../trpc/init.js';
import type { z } from 'zod';

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One address at which a procedure answers as REST. */
export interface RestRoute {
  /** As tRPC knows it: `requests.create`. */
  procedure: string;
  type: 'query' | 'mutation' | 'subscription';
  method: RestMethod;
  /** Normalised: `/requests/{id}`. */
  template: string;
  /** Whether the template stands among `aliases`. */
  alias: boolean;
  meta: RestMeta & { openapi: NonNullable<RestMeta['openapi']> };
  /** What tRPC keeps of the procedure. */
  definition: ProcedureDefinition;
}

/** `inputs` and `output` as declared with `.input()` and `.output()`. */
type ProcedureDefinition = Omit<AnyProcedure['_def'], 'inputs'> & { inputs: z.ZodType[]; output?: z.ZodType };

/** Every path answers with and without a leading `/api` and with and without a trailing slash: this is the bare one. */
export function normalisePath(path: string): string {
  return path.replace(/^\/api(?=\/)/, '').replace(/(?<=.)\/$/, '');
}

/**
 * The REST face of a router, static paths before parameters.
 * @throws {Error} when two procedures claim one address.
 */
export function restRoutes(router: AnyRouter): RestRoute[] {
  const procedures = Object.entries(router._def.procedures as Record<string, { _def: ProcedureDefinition }>);
  const routes = procedures.flatMap(([procedure, { _def: definition }]) => {
    const { type, meta } = definition;
    if (!isRestMeta(meta) || meta.openapi.enabled === false) return [];
    const documented = { method: meta.openapi.method, path: meta.openapi.path, alias: false };
    const aliases = (meta.aliases ?? []).map((alias) => ({ ...alias, alias: true }));
    return [documented, ...aliases].map(({ method, path, alias }) => {
      return { procedure, type, method, template: normalisePath(path), alias, meta, definition };
    });
  });
  refuseClashes(routes);
  return routes.sort((a, b) => compareTemplates(a.template, b.template));
}

function isRestMeta(meta: unknown): meta is RestRoute['meta'] {
  return (meta as RestMeta | undefined)?.openapi !== undefined;
}

function refuseClashes(routes: readonly RestRoute[]): void {
  const owners = new Map<string, string>();
  for (const { method, template, procedure } of routes) {
    const address = `${method} ${template.replaceAll(/\{.+?\}/g, '{}')}`;
    const owner = owners.get(address);
    if (owner !== undefined) throw new Error(`${procedure} and ${owner} both answer at ${address}`);
    owners.set(address, procedure);
  }
}

function compareTemplates(a: string, b: string): number {
  const theirs = b.split('/');
  for (const [index, segment] of a.split('/').entries()) {
    const other = theirs[index];
    if (other === undefined) return 1;
    const isParameter = segment.startsWith('{');
    if (isParameter !== other.startsWith('{')) return isParameter ? 1 : -1;
    if (segment !== other) return segment < other ? -1 : 1;
  }
  return theirs.length > a.split('/').length ? -1 : 0;
}

/** The fields of the input, by name. */
export function inputFields({ definition }: RestRoute): Record<string, z.ZodType> {
  const objects = definition.inputs.map((input) => unwrap(input)).filter((schema) => schema.type === 'object');
  return Object.assign({}, ...objects.map((schema) => (schema as z.ZodObject).shape)) as Record<string, z.ZodType>;
}

/** What a value must be, once `undefined`, `null`, defaults and transformations are set aside. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: source } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? source;
  return inner ? unwrap(inner) : schema;
}
