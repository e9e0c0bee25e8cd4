import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('tasks', (table) => {
    table.uuid('id').primary();
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE');
    table.uuid('labeler_id').notNullable().references('users.id');
    table.uuid('assigned_by').notNullable().references('users.id');
    table.text('status').notNullable().defaultTo('assigned');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('completed_at', { precision: 3 });
    table.check("status in ('assigned', 'in_progress', 'done')", {}, 'tasks_status');
  });
  await knex.raw('create index tasks_of_labeler on tasks (labeler_id, id desc)');
  await knex.raw('create index tasks_of_request on tasks (request_id)');
  await knex.raw(`create unique index tasks_one_open on tasks (request_id, labeler_id) where status <> 'done'`);

  await knex.schema.createTable('labels', (table) => {
    table.uuid('id').primary();
    table.uuid('task_id').notNullable().references('tasks.id').onDelete('CASCADE');
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE').index();
    table.uuid('labeler_id').notNullable().references('users.id');
    table.specificType('classes', 'text[]').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('updated_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.unique(['task_id', 'image_id', 'labeler_id'], { indexName: 'labels_once' });
    table.check('cardinality(classes) > 0', {}, 'labels_not_empty');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['labels', 'tasks']) await knex.schema.dropTable(table);
}
