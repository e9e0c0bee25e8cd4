import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('cameras', (table) => {
    table.uuid('id').primary();
    table.uuid('organization_id').notNullable().references('organizations.id').onDelete('RESTRICT');
    table.text('name').notNullable();
    table.text('location').notNullable().defaultTo('');
    table.text('stream_url').notNullable();
    table.binary('sealed_stream_url');
    table.boolean('active').notNullable().defaultTo(true);
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('updated_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check(`stream_url ~ '^(rtsp|rtsps|http|https)://'`, {}, 'cameras_stream_url_scheme');
  });
  await knex.raw('create unique index cameras_name_unique on cameras (organization_id, lower(name))');
  await knex.raw('create index cameras_of_organization on cameras (organization_id, id desc)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('cameras');
}
