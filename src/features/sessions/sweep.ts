import type { Knex } from 'knex';

const CHUNK = 5000;

/**
 * What is of no more use: sessions that ended a week ago, refresh tokens past their time, personal access tokens that
 * were revoked or ran out a month ago, old failures to sign in, counters of calls.
 */
const sweeps = [
  `delete from sessions where id in
     (select id from sessions where expires_at < now() - interval '7 days' limit ${CHUNK})`,
  `delete from refresh_tokens where id in
     (select id from refresh_tokens where expires_at < now() limit ${CHUNK})`,
  `delete from personal_access_tokens where id in
     (select id from personal_access_tokens
      where least(expires_at, revoked_at) < now() - interval '30 days' limit ${CHUNK})`,
  `delete from login_failures where subject in
     (select subject from login_failures where last_failed_at < now() - interval '1 day' limit ${CHUNK})`,
  `delete from rate_limits where key in
     (select key from rate_limits where expire < (extract(epoch from now()) - 3600) * 1000 limit ${CHUNK})`,
];

/** Removes them in statements of bounded size. */
export async function sweepSessions(db: Knex): Promise<void> {
  for (const sweep of sweeps) {
    for (;;) {
      const { rowCount } = await db.raw<{ rowCount: number }>(sweep);
      if (rowCount < CHUNK) break;
    }
  }
}
