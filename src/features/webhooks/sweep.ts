import type { Knex } from 'knex';

const KEPT_DAYS = 30;
const KEPT_OF_EACH = 1000;
const AT_ONCE = 5000;

const OLD = `
  delete from webhook_deliveries where id in (
    select id from webhook_deliveries
    where status <> 'pending' and created_at < now() - make_interval(days => ?) limit ?)`;
const SURPLUS = `
  delete from webhook_deliveries where id in (
    select surplus.id from webhooks cross join lateral (
      select id from webhook_deliveries
      where webhook_id = webhooks.id and status <> 'pending' order by id desc offset ?
    ) surplus limit ?)`;

/** Forgets deliveries that ended a month ago, and of each webhook all but the newest thousand of those that ended. */
export async function sweepWebhookDeliveries(db: Knex): Promise<void> {
  await deleteAll(db, OLD, KEPT_DAYS);
  await deleteAll(db, SURPLUS, KEPT_OF_EACH);
}

/** So many at once, until none is left. */
async function deleteAll(db: Knex, statement: string, kept: number): Promise<void> {
  let deleted: number;
  do {
    ({ rowCount: deleted } = await db.raw<{ rowCount: number }>(statement, [kept, AT_ONCE]));
  } while (deleted === AT_ONCE);
}
