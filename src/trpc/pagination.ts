import { z } from 'zod';
import type { Context } from './context.js';

const cursor = z
  .uuid()
  .optional()
  .meta({ description: 'Where to go on: the id of the last row of the page before, which the `Link` header carries.' });

/** Spread into the input object of every list: `z.object({ ...pageInput, status: … })`. */
export const pageInput = pageUpTo(1000);

/** For lists of a request's pictures: clients that know no paging expect them whole. */
export const picturePageInput = pageUpTo(10_000);

function pageUpTo(max: number) {
  return {
    limit: z.coerce.number<number>().int().min(1).max(max).default(max).meta({ description: 'How many rows at most.' }),
    cursor,
  };
}

/** What is needed of a knex or Objection query. */
interface OrderableQuery {
  where(column: string, operator: '<' | '>', value: string): unknown;
  orderBy(column: string, direction: 'asc' | 'desc'): unknown;
}

/**
 * Orders a list by creation, newest first unless told otherwise, and starts it behind the cursor (keyset paging: rows
 * added meanwhile shift nothing). The caller fetches `limit + 1` rows and hands them to `announcePage`.
 * @param id the list's key, such as `requests.id`: UUIDv7 (RFC 9562), which sorts by the time it was made.
 */
export function applyCursor<Query extends OrderableQuery>(
  query: Query,
  cursor: string | undefined,
  id: string,
  direction: 'asc' | 'desc' = 'desc',
): Query {
  if (cursor !== undefined) query.where(id, direction === 'desc' ? '<' : '>', cursor);
  query.orderBy(id, direction);
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
  page: { rows: Row[]; limit: number; total: number; idOf: (row: Row) => string },
): Row[] {
  const rows = page.rows.slice(0, page.limit);
  ctx.setHeader('X-Total-Count', String(page.total));
  const last = rows.at(-1);
  if (ctx.restUrl && last !== undefined && page.rows.length > page.limit) {
    const next = new URL(ctx.restUrl);
    next.searchParams.set('cursor', page.idOf(last));
    ctx.setHeader('Link', `<${next.href}>; rel="next"`);
  }
  return rows;
}
