import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('requests', (table) => {
    table.uuid('id').primary();
    table.uuid('owner_id').notNullable().references('users.id');
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL');
    table.text('title').notNullable();
    table.text('description').notNullable().defaultTo('');
    table.specificType('classes', 'text[]').notNullable();
    table.text('status').notNullable().defaultTo('new');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check("status in ('new', 'in_qc', 'ready', 'in_progress', 'completed')", {}, 'requests_status');
  });
  await knex.raw('create index requests_of_owner on requests (owner_id, id desc)');
  await knex.raw('create index requests_of_organization on requests (organization_id, id desc)');

  await knex.schema.createTable('upload_batches', (table) => {
    table.uuid('id').primary();
    table.uuid('request_id').references('requests.id').onDelete('CASCADE').index();
    table.uuid('owner_id').notNullable().references('users.id');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });

  await knex.schema.createTable('images', (table) => {
    table.uuid('id').primary();
    table.uuid('request_id').references('requests.id').onDelete('CASCADE');
    table.uuid('batch_id').notNullable().references('upload_batches.id').index();
    table.uuid('owner_id').notNullable().references('users.id');
    table.text('filename').notNullable();
    table.text('storage_key').notNullable().unique();
    table.text('etag').notNullable();
    table.binary('sha256').notNullable();
    table.bigInteger('bytes').notNullable();
    table.text('content_type').notNullable();
    table.integer('width').notNullable();
    table.integer('height').notNullable();
    table.text('thumbnail_key');
    table.boolean('thumbnail_failed').notNullable().defaultTo(false);
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.unique(['request_id', 'sha256'], { indexName: 'images_once_per_request' });
    table.check("content_type in ('image/jpeg', 'image/png', 'image/webp')", {}, 'images_content_type');
    table.check('octet_length(sha256) = 32', {}, 'images_sha256_length');
  });
  await knex.raw('create index images_of_request on images (request_id, id desc)');
  await knex.raw('create index images_of_owner on images (owner_id, id)');

  await knex.schema.createTable('presigned_uploads', (table) => {
    table.text('key').primary();
    table.uuid('request_id').notNullable().references('requests.id').onDelete('CASCADE').index();
    table.uuid('user_id').notNullable().references('users.id');
    table.text('filename').notNullable();
    table.text('content_type').notNullable();
    table.timestamp('expires_at', { precision: 3 }).notNullable().index();
    table.timestamp('completed_at', { precision: 3 });
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['presigned_uploads', 'images', 'upload_batches', 'requests']) await knex.schema.dropTable(table);
}
