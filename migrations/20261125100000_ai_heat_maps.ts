import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('ai_heat_maps', (table) => {
    table.uuid('image_id').primary().references('images.id').onDelete('CASCADE');
    table.text('result_version');
    table.text('storage_key');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('ai_heat_maps');
}
