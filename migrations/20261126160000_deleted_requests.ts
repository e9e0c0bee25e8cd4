import type { Knex } from 'knex';

/** A request that was deleted is nobody's to see from then on; what it held goes step by step, and its row last. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table requests add column deleted_at timestamptz(3)');
  await knex.raw('create index requests_deleted on requests (deleted_at) where deleted_at is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table requests drop column deleted_at');
}
