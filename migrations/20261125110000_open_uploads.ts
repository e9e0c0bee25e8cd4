import type { Knex } from 'knex';

/** A user has only so many keys handed out at a time. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    'create index presigned_uploads_open on presigned_uploads (user_id, expires_at) where completed_at is null',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index presigned_uploads_open');
}
