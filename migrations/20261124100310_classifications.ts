import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `create type wound_stage as enum ('stage1', 'stage2', 'stage3', 'stage4', 'not_classifiable', 'dtpi')`,
  );

  await knex.schema.createTable('classifications', (table) => {
    table.uuid('id').primary();
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE');
    table.uuid('user_id').notNullable().references('users.id');
    table.specificType('stage', 'wound_stage').notNullable();
    table.text('observations').notNullable().defaultTo('');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
  await knex.raw('create index classifications_of_image on classifications (image_id, id desc)');
  await knex.raw('create index classifications_of_user on classifications (user_id)');
  await knex.raw(`
    create trigger classifications_append_only before update or truncate on classifications
    for each statement execute function refuse_change()`);

  // The newest of each user for each image: what counts.
  await knex.schema.createTable('standing_classifications', (table) => {
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE');
    table.uuid('user_id').notNullable().references('users.id');
    table.uuid('classification_id').notNullable().unique().references('classifications.id').onDelete('CASCADE');
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL');
    table.specificType('stage', 'wound_stage').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable();
    table.primary(['image_id', 'user_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['standing_classifications', 'classifications']) await knex.schema.dropTable(table);
  await knex.raw('drop type wound_stage');
}
