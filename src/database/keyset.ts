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
