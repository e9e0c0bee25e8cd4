import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('settings', (table) => {
    table.text('key').primary();
    table.jsonb('value').notNullable();
    table.uuid('updated_by').references('users.id').onDelete('SET NULL');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('updated_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });

  await knex.schema.createTable('worker_processes', (table) => {
    table.uuid('id').primary();
    table.specificType('pool_ids', 'text[]').notNullable();
    table.text('host').notNullable();
    table.integer('threads').notNullable();
    table.jsonb('stats').notNullable();
    table.timestamp('started_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('heartbeat_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });

  // Counters of the current minute: worth nothing after a crash, so they need no write-ahead log.
  await knex.raw(
    'create unlogged table rate_limits (key varchar(255) primary key, points integer not null default 0, expire bigint)',
  );
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['rate_limits', 'worker_processes', 'settings']) await knex.schema.dropTable(table);
}
