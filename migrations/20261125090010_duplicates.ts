import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // What two files' bytes have to do with each other, whoever uploaded them. Each pair stands in both directions.
  await knex.schema.createTable('picture_matches', (table) => {
    table.binary('sha256').notNullable();
    table.text('analyser_version').notNullable();
    table.binary('other_sha256');
    table.uuid('reference_id').references('reference_images.id').onDelete('CASCADE').index();
    table.specificType('score', 'real').notNullable();
    table.text('relation').notNullable();
    table.specificType('transformation', 'text[]').notNullable();
    table.jsonb('evidence').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check('num_nonnulls(other_sha256, reference_id) = 1', {}, 'picture_matches_one_other');
    table.check('score between 0 and 1', {}, 'picture_matches_score');
    table.check("relation in ('copy', 'near_shot')", {}, 'picture_matches_relation');
  });
  await knex.raw(
    `create unique index picture_matches_once on picture_matches (sha256, analyser_version, other_sha256)
     where other_sha256 is not null`,
  );
  await knex.raw(
    `create unique index picture_matches_once_a_reference on picture_matches (sha256, analyser_version, reference_id)
     where reference_id is not null`,
  );

  await knex.schema.createTable('distinct_pictures', (table) => {
    table.uuid('owner_id').notNullable().references('users.id').onDelete('CASCADE');
    table.binary('sha256').notNullable();
    table.binary('other_sha256');
    table.uuid('reference_id').references('reference_images.id').onDelete('CASCADE').index();
    table.uuid('decided_by').references('users.id').onDelete('SET NULL');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check('num_nonnulls(other_sha256, reference_id) = 1', {}, 'distinct_pictures_one_other');
  });
  await knex.raw(
    `create unique index distinct_pictures_once on distinct_pictures (owner_id, sha256, other_sha256)
     where other_sha256 is not null`,
  );
  await knex.raw(
    `create unique index distinct_pictures_once_a_reference on distinct_pictures (owner_id, sha256, reference_id)
     where reference_id is not null`,
  );

  await knex.raw(
    `alter table images
       add column duplicate_decision text,
       add column decided_by uuid references users (id) on delete set null,
       add column decided_at timestamptz(3),
       add constraint images_duplicate_decision check (duplicate_decision in ('keep', 'reject'))`,
  );
  await knex.raw(
    `alter table qc_runs
       add column scope text not null default 'customer',
       add constraint qc_runs_scope check (scope in ('request', 'customer', 'organization', 'everyone'))`,
  );
  await knex.raw('alter table qc_results drop constraint qc_results_match_relation');
  await knex.raw(`update qc_results set match_relation = 'copy' where match_relation = 'near'`);
  await knex.raw(
    `alter table qc_results
       add column match_score real,
       add column transformation text[] not null default '{}',
       add column match_evidence jsonb,
       add column analyser_version text,
       add column scanned_to bigint,
       add constraint qc_results_match_relation check (match_relation in ('exact', 'copy', 'near_shot')),
       add constraint qc_results_match_score check (match_score between 0 and 1)`,
  );
  await knex.raw('update qc_results set match_score = duplicate_score where match_relation is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table qc_results drop constraint qc_results_match_relation');
  await knex.raw(
    `update qc_results set match_relation = case when match_relation = 'copy' then 'near' end
     where match_relation <> 'exact'`,
  );
  await knex.raw(
    `alter table qc_results
       drop column match_score, drop column transformation, drop column match_evidence,
       drop column analyser_version, drop column scanned_to,
       add constraint qc_results_match_relation check (match_relation in ('exact', 'near'))`,
  );
  await knex.raw('alter table qc_runs drop column scope');
  await knex.raw('alter table images drop column duplicate_decision, drop column decided_by, drop column decided_at');
  for (const table of ['distinct_pictures', 'picture_matches']) await knex.schema.dropTable(table);
}
