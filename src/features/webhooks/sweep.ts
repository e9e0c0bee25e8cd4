import type { Knex } from 'knex';

const KEPT_DAYS = 30;
const KEPT_OF_EACH = 1000;
const AT_ONCE = 5000;

/** Forgets deliveries that ended a month ago, and of each webhook all but the newest thousand. */
export async function sweepWebhookDeliveries(db: Knex): Promise<void> {
  await db.raw(
    `delete from webhook_deliveries where id in (
       select id from webhook_deliveries
       where status <> 'pending' and created_at < now() - make_interval(days => ?) limit ?)`,
    [KEPT_DAYS, AT_ONCE],
  );
  await db.raw(
    `delete from webhook_deliveries where id in (
       select surplus.id from webhooks cross join lateral (
         select id, status from webhook_deliveries where webhook_id = webhooks.id order by id desc offset ? limit ?
       ) surplus where surplus.status <> 'pending' limit ?)`,
    [KEPT_OF_EACH, AT_ONCE, AT_ONCE],
  );
}
