import type { Knex } from 'knex';

/**
 * What is known of a picture is sought by its bytes, whoever owns it: with the owner first, statistics that do not know
 * of a new owner yet make reading all that he has look cheaper than looking a few pictures up.
 */
export async function up(knex: Knex): Promise<void> {
  await keyBy(knex, ['sha256', 'owner_id', 'analyser_version']);
}

export async function down(knex: Knex): Promise<void> {
  await keyBy(knex, ['owner_id', 'sha256', 'analyser_version']);
}

async function keyBy(knex: Knex, columns: string[]): Promise<void> {
  await knex.schema.alterTable('picture_hashes', (table) => {
    table.dropUnique([], 'picture_hashes_once');
    table.unique(columns, { indexName: 'picture_hashes_once' });
  });
}
