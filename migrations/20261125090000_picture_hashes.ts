import type { Knex } from 'knex';

/** Any number will do that nobody else locks in this database. */
const LOCK = 4_170_926;

export async function up(knex: Knex): Promise<void> {
  // Whoever numbers rows holds this lock until his transaction ends, so that numbers become visible in their order:
  // a reader who has seen one will find no smaller one later. It is taken before the first number is drawn.
  await knex.raw('create sequence picture_sequence');
  await knex.raw(
    `create function lock_picture_sequence() returns trigger language plpgsql as $$
     begin
       perform pg_advisory_xact_lock(${LOCK});
       return null;
     end $$`,
  );

  await knex.schema.createTable('picture_hashes', (table) => {
    table.bigInteger('sequence').primary().defaultTo(knex.raw(`nextval('picture_sequence')`));
    table.uuid('owner_id').notNullable().references('users.id').onDelete('CASCADE');
    table.binary('sha256').notNullable();
    table.text('analyser_version').notNullable();
    table.binary('pdq').notNullable();
    table.smallint('pdq_quality').notNullable();
    table.binary('descriptor');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.unique(['owner_id', 'sha256', 'analyser_version'], { indexName: 'picture_hashes_once' });
    table.index(['owner_id', 'sequence'], 'picture_hashes_of_owner');
    table.check('octet_length(pdq) = 32', {}, 'picture_hashes_pdq_length');
    table.check('octet_length(descriptor) = 64', {}, 'picture_hashes_descriptor_length');
  });
  await knex.raw(
    `create trigger picture_hashes_in_order before insert on picture_hashes
     for each statement execute function lock_picture_sequence()`,
  );

  await knex.schema.createTable('picture_fingerprints', (table) => {
    table.binary('sha256').notNullable();
    table.text('analyser_version').notNullable();
    table.binary('dihedral').notNullable();
    table.binary('descriptor').notNullable();
    table.binary('evidence').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.primary(['sha256', 'analyser_version']);
    table.check('octet_length(dihedral) = 256', {}, 'picture_fingerprints_dihedral_length');
    table.check('octet_length(descriptor) = 64', {}, 'picture_fingerprints_descriptor_length');
  });
  // Thumbnails and packed features hardly compress: trying costs more than it saves.
  await knex.raw('alter table picture_fingerprints alter column evidence set storage external');
  await knex.raw('alter table image_analyses add column metadata_bytes integer not null default 0');

  await numberReferences(knex);
  await knex.raw('create index images_of_content on images (sha256, owner_id)');
  // Hashes of earlier releases match by their bits until a run of their own request brings the rest.
  await knex.raw(
    `insert into picture_hashes (owner_id, sha256, analyser_version, pdq, pdq_quality)
     select distinct images.owner_id, analyses.sha256, analyses.analyser_version, analyses.pdq, analyses.pdq_quality
     from image_analyses analyses join images on images.sha256 = analyses.sha256
     where analyses.pdq is not null and images.request_id is not null`,
  );
}

async function numberReferences(knex: Knex): Promise<void> {
  await knex.raw(
    `alter table reference_images
       add column sequence bigint not null default nextval('picture_sequence'),
       add column sha256 bytea,
       add column analyser_version text,
       add column descriptor bytea,
       add constraint reference_images_in_sequence unique (sequence),
       add constraint reference_images_sha256_length check (octet_length(sha256) = 32),
       add constraint reference_images_descriptor_length check (octet_length(descriptor) = 64)`,
  );
  await knex.raw('create index reference_images_of_content on reference_images (sha256) where sha256 is not null');
  await knex.raw(
    `create trigger reference_images_in_order before insert on reference_images
     for each statement execute function lock_picture_sequence()`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger reference_images_in_order on reference_images');
  await knex.raw(
    `alter table reference_images
       drop column sequence, drop column sha256, drop column analyser_version, drop column descriptor`,
  );
  await knex.raw('drop index images_of_content');
  await knex.raw('alter table image_analyses drop column metadata_bytes');
  for (const table of ['picture_fingerprints', 'picture_hashes']) await knex.schema.dropTable(table);
  await knex.raw('drop function lock_picture_sequence()');
  await knex.raw('drop sequence picture_sequence');
}
