import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // Of clinical images alone, those of no request: their owner's, as requests keep that of theirs.
  await knex.schema.alterTable('images', (table) => {
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL');
  });
  await knex.raw('create unique index clinical_images_once on images (owner_id, sha256) where request_id is null');
  await knex.raw('create index clinical_images on images (id desc) where request_id is null');
  await knex.raw('create index clinical_images_of_owner on images (owner_id, id desc) where request_id is null');
  await knex.raw(
    'create index clinical_images_of_organization on images (organization_id, id desc) where request_id is null',
  );
  await knex.raw('create index clinical_images_by_time on images (created_at) include (id) where request_id is null');
  await knex.raw(
    `create index clinical_images_of_organization_by_time on images (organization_id, created_at) include (id)
     where request_id is null`,
  );

  // What a call brought, the images among it that were there before.
  await knex.schema.createTable('clinical_batch_images', (table) => {
    table.uuid('batch_id').notNullable().references('upload_batches.id').onDelete('CASCADE');
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE').index();
    table.primary(['batch_id', 'image_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('clinical_batch_images');
  await knex.raw('drop index clinical_images_once, clinical_images, clinical_images_of_owner, clinical_images_by_time');
  // The other indexes go with the column.
  await knex.schema.alterTable('images', (table) => table.dropColumn('organization_id'));
}
