import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';

/** Resolves when as many statements on this database wait for a lock: calls then truly meet. */
export async function untilWaiting(db: Knex, statements: number): Promise<void> {
  for (;;) {
    const { rows } = await db.raw<{ rows: unknown[] }>(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows.length >= statements) return;
    await sleep(5);
  }
}
