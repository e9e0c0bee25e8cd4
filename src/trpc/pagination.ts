import { z } from 'zod';
import { invalid } from '../errors.js';
import type { Context } from './context.js';

const cursor = z.string().max(200).optional().meta({
  description: 'Where to go on: taken from the address in the `Link` header of the page before.',
});

/** Spread into the input object of every list: `z.object({ ...pageInput, status: … })`. */
export const pageInput = pageUpTo(1000);

/** For lists of a request's pictures: clients that know no paging expect them whole. */
export const picturePageInput = pageUpTo(10_000);

function pageUpTo(max: number) {
  return {
    limit: z.coerce.number().int().min(1).max(max).default(max).meta({ description: 'How many rows at most.' }),
    cursor,
  };
}

/** A row's place in a list ordered by creation. */
export interface PageKey {
  createdAt: Date;
  id: string;
}

/** The columns a list is ordered by, such as `requests.createdAt`. */
export interface PageOrder {
  /** A `timestamptz(3)`: a cursor knows milliseconds, and compared with finer instants rows would be skipped. */
  createdAt: string;
  /** A unique `uuid`. */
  id: string;
  /** `desc`, newest first, unless given. */
  direction?: 'asc' | 'desc';
}

/** What is needed of a knex or Objection query. */
interface OrderableQuery {
  whereRaw(sql: string, bindings: readonly (string | Date)[]): unknown;
  orderByRaw(sql: string, bindings: readonly string[]): unknown;
}

/**
 * Orders a list and starts it behind the cursor (keyset paging: rows added meanwhile shift nothing). The caller
 * fetches `limit + 1` rows and hands them to `announcePage`.
 * @throws {DomainError} `invalid` naming `cursor` when it is none of ours.
 */
export function applyCursor<Query extends OrderableQuery>(
  query: Query,
  cursor: string | undefined,
  { createdAt, id, direction = 'desc' }: PageOrder,
): Query {
  if (cursor !== undefined) {
    const after = decodeCursor(cursor);
    const beyond = direction === 'desc' ? '<' : '>';
    query.whereRaw(`(??, ??) ${beyond} (?::timestamptz, ?::uuid)`, [createdAt, id, after.createdAt, after.id]);
  }
  query.orderByRaw(`?? ${direction}, ?? ${direction}`, [createdAt, id]);
  return query;
}

/**
 * Sets `X-Total-Count` and, where there is more, `Link: <…>; rel="next"` (RFC 8288).
 * @param page.rows up to `limit + 1` rows; the surplus one shows that there is a next page.
 * @param page.total rows in the whole list.
 * @returns the rows of this page.
 */
export function announcePage<Row>(
  ctx: Pick<Context, 'setHeader' | 'restUrl'>,
  page: { rows: Row[]; limit: number; total: number; keyOf: (row: Row) => PageKey },
): Row[] {
  const rows = page.rows.slice(0, page.limit);
  ctx.setHeader('X-Total-Count', String(page.total));
  const last = rows.at(-1);
  if (ctx.restUrl && last !== undefined && page.rows.length > page.limit) {
    const next = new URL(ctx.restUrl);
    next.searchParams.set('cursor', encodeCursor(page.keyOf(last)));
    ctx.setHeader('Link', `<${next.href}>; rel="next"`);
  }
  return rows;
}

export function encodeCursor({ createdAt, id }: PageKey): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url');
}

const cursorSchema = z.tuple([z.iso.datetime({ precision: 3 }), z.uuid()]);

function decodeCursor(cursor: string): PageKey {
  const [createdAt, id] = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString())).data ?? [];
  if (createdAt === undefined || id === undefined) {
    throw invalid('cursor', 'This cursor is not one of ours: take it from the Link header of the page before.');
  }
  return { createdAt: new Date(createdAt), id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
