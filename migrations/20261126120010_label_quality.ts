import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('requests', (table) => {
    table.smallint('overlap');
    table.check('overlap >= 1', {}, 'requests_overlap');
  });
  await knex.schema.alterTable('tasks', (table) => {
    table.text('review');
    table.check("review in ('accepted', 'returned')", {}, 'tasks_review');
    table.check("review is distinct from 'accepted' or status = 'done'", {}, 'tasks_accepted_when_done');
  });

  await knex.schema.createTable('task_images', (table) => {
    table.uuid('task_id').notNullable().references('tasks.id').onDelete('CASCADE');
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE').index();
    table.primary(['task_id', 'image_id']);
  });

  await knex.schema.createTable('label_reviews', (table) => {
    table.uuid('id').primary();
    table.uuid('task_id').notNullable().references('tasks.id').onDelete('CASCADE');
    table.uuid('image_id').references('images.id').onDelete('CASCADE').index();
    table.uuid('reviewer_id').notNullable().references('users.id');
    table.text('verdict').notNullable();
    table.text('comment').notNullable();
    table.specificType('classes', 'text[]');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check("verdict in ('accepted', 'returned')", {}, 'label_reviews_verdict');
  });
  await knex.raw('create index label_reviews_of_task on label_reviews (task_id, id desc)');

  await knex.schema.createTable('gold_answers', (table) => {
    table.uuid('image_id').primary().references('images.id').onDelete('CASCADE');
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE');
    table.specificType('classes', 'text[]').notNullable();
    table.uuid('answered_by').notNullable().references('users.id');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check('cardinality(classes) > 0', {}, 'gold_answers_not_empty');
    table.index(['request_id', 'image_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['gold_answers', 'label_reviews', 'task_images']) await knex.schema.dropTable(table);
  await knex.schema.alterTable('tasks', (table) => table.dropColumn('review'));
  await knex.schema.alterTable('requests', (table) => table.dropColumn('overlap'));
}
