import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('image_analyses', (table) => {
    table.binary('sha256').notNullable();
    table.text('analyser_version').notNullable();
    table.integer('width').notNullable();
    table.integer('height').notNullable();
    table.binary('pdq');
    table.smallint('pdq_quality').notNullable();
    table.specificType('detector_score', 'real');
    table.jsonb('provenance').notNullable();
    table.specificType('findings', 'text[]').notNullable();
    table.text('error');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.primary(['sha256', 'analyser_version']);
    table.check('octet_length(pdq) = 32', {}, 'image_analyses_pdq_length');
    table.check('detector_score between 0 and 1', {}, 'image_analyses_detector_score');
  });

  await knex.schema.createTable('reference_images', (table) => {
    table.uuid('id').primary();
    table.text('source_url').notNullable();
    table.binary('pdq').notNullable();
    table.smallint('pdq_quality').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check('octet_length(pdq) = 32', {}, 'reference_images_pdq_length');
  });
  // A digest, since an index holds no text as long as an address may be.
  await knex.raw('create unique index reference_images_once on reference_images (md5(source_url), pdq)');

  await knex.schema.createTable('qc_runs', (table) => {
    table.uuid('id').primary();
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE');
    table.uuid('started_by').notNullable().references('users.id');
    table.text('status').notNullable().defaultTo('queued');
    table.integer('images_total').notNullable().defaultTo(0);
    table.integer('images_done').notNullable().defaultTo(0);
    table.integer('images_failed').notNullable().defaultTo(0);
    table.boolean('cancel_requested').notNullable().defaultTo(false);
    table.text('error');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('started_at', { precision: 3 });
    table.timestamp('finished_at', { precision: 3 });
    table.check("status in ('queued', 'running', 'completed', 'failed', 'cancelled')", {}, 'qc_runs_status');
  });
  await knex.raw('create index qc_runs_newest on qc_runs (request_id, id desc)');
  await knex.raw(
    `create unique index qc_runs_one_active on qc_runs (request_id) where status in ('queued', 'running')`,
  );

  await knex.schema.createTable('qc_results', (table) => {
    table.uuid('image_id').primary().references('images.id').onDelete('CASCADE');
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE');
    table.uuid('run_id').notNullable().references('qc_runs.id').onDelete('CASCADE');
    table.specificType('duplicate_score', 'real').notNullable();
    table.text('match_relation');
    table.uuid('matched_image_id').references('images.id').onDelete('SET NULL').index();
    table.uuid('reference_id').references('reference_images.id').onDelete('SET NULL').index();
    table.specificType('ai_generated_score', 'real').notNullable();
    table.specificType('findings', 'text[]').notNullable();
    table.text('error');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.index(['request_id', 'image_id']);
    table.index('run_id');
    table.check('duplicate_score between 0 and 1', {}, 'qc_results_duplicate_score');
    table.check('ai_generated_score between 0 and 1', {}, 'qc_results_ai_generated_score');
    table.check("match_relation in ('exact', 'near')", {}, 'qc_results_match_relation');
  });
  await knex.raw('create index qc_results_undecodable on qc_results (request_id, image_id) where error is not null');
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['qc_results', 'qc_runs', 'reference_images', 'image_analyses']) {
    await knex.schema.dropTable(table);
  }
}
