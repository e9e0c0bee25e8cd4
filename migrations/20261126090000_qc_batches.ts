import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // What of a run is in the queue or in hand: one that is done leaves no row, and its pictures are counted by whoever
  // took the row away.
  await knex.schema.createTable('qc_batches', (table) => {
    table.uuid('id').primary();
    table.uuid('run_id').notNullable().references('qc_runs.id').onDelete('CASCADE').index();
    table.uuid('owner_id').notNullable().references('users.id').onDelete('CASCADE').index();
    table.text('part').notNullable();
    table.uuid('first_image_id').notNullable();
    table.uuid('last_image_id').notNullable();
    table.timestamp('taken_at', { precision: 3 });
    table.smallint('crashes').notNullable().defaultTo(0);
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check("part in ('request', 'uploads')", {}, 'qc_batches_part');
    table.check('first_image_id <= last_image_id', {}, 'qc_batches_range');
  });
  await knex.raw(
    `alter table qc_runs
       add column planning text not null default 'request',
       add column planned_to uuid,
       add column planned_at timestamptz(3),
       add constraint qc_runs_planning check (planning in ('request', 'request_cut', 'uploads', 'uploads_cut'))`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table qc_runs drop column planning, drop column planned_to, drop column planned_at');
  await knex.schema.dropTable('qc_batches');
}
