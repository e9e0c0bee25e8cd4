import { z } from 'zod';
import type { Context } from './context.js';

const cursor = z
  .uuid()
  .optional()
  .meta({ description: 'Where to go on: the id of the last row of the page before, which the `Link` header carries.' });

/** Takes empty text for nothing: a form that was left blank sends it. */
export const orBlank = <Field extends z.ZodType>(field: Field) =>
  z
    .preprocess((value: z.input<Field> | '' | undefined) => (value === '' ? undefined : value), field.optional())
    .optional();

/** Spread into the input object of every list: `z.object({ ...pageInput, status: … })`. */
export const pageInput = pageUpTo(1000);

/** For lists of a request's pictures: clients that know no paging expect them whole. */
export const picturePageInput = pageUpTo(10_000);

function pageUpTo(max: number) {
  return {
    limit: z
      .preprocess((value: number | '') => (value === '' ? max : value), z.coerce.number<number>().int().min(1).max(max))
      .default(max)
      .meta({ description: 'How many rows at most.' }),
    cursor,
  };
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
    // The cursor leads on from wherever an offset had led.
    next.searchParams.delete('offset');
    ctx.setHeader('Link', `<${next.href}>; rel="next"`);
  }
  return rows;
}
