import type { Model, QueryBuilder } from 'objection';

/**
 * Reads a query page by page in order of a key, so that a list of any length takes the memory of one page. Rows added
 * behind the key while it is read are read too.
 * @param query is called anew for each page.
 * @param key a unique column such as `images.id`, selected as `id`.
 */
export async function* inPages<Row extends Model & { id: string }>(
  query: () => QueryBuilder<Row>,
  key: string,
  size: number,
): AsyncGenerator<Row[]> {
  for (let after: string | undefined; ;) {
    const page = query().orderBy(key).limit(size);
    if (after !== undefined) void page.where(key, '>', after);
    const rows = await page;
    if (rows.length > 0) yield rows;
    after = rows.at(-1)?.id;
    if (rows.length < size) return;
  }
}
