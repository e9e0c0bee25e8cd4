import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('exports', (table) => {
    table.uuid('id').primary();
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE');
    table.uuid('requested_by').notNullable().references('users.id');
    table.text('format').notNullable();
    table.boolean('include_rejected').notNullable();
    table.text('status').notNullable().defaultTo('queued');
    table.integer('images_total').notNullable().defaultTo(0);
    table.integer('images_done').notNullable().defaultTo(0);
    table.integer('images_missing').notNullable().defaultTo(0);
    table.text('storage_key');
    table.bigInteger('bytes');
    table.text('error');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('started_at', { precision: 3 });
    table.timestamp('completed_at', { precision: 3 });
    table.check("status in ('queued', 'running', 'completed', 'failed')", {}, 'exports_status');
    table.check("(status = 'completed') = (storage_key is not null)", {}, 'exports_file');
  });
  await knex.raw('create index exports_of_request on exports (request_id, id desc)');
  await knex.raw('create index exports_by_age on exports (created_at)');
  await knex.raw(
    `create unique index exports_one_active on exports (request_id, format, include_rejected)
     where status in ('queued', 'running')`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('exports');
}
