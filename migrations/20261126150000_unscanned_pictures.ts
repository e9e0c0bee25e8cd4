import type { Knex } from 'knex';

/** Pictures that are known and have not been looked up themselves: one that is known later finds those before it. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('unscanned_pictures', (table) => {
    table.bigInteger('sequence').primary().references('sequence').inTable('picture_hashes').onDelete('CASCADE');
    table.uuid('owner_id').notNullable();
    table.text('analyser_version').notNullable();
    table.index(['owner_id', 'analyser_version', 'sequence'], 'unscanned_pictures_of_owner');
  });
  // What of those that are known was looked up is not on record: each is looked up again in the next run of its request.
  await knex.raw(
    `insert into unscanned_pictures (sequence, owner_id, analyser_version)
     select sequence, owner_id, analyser_version from picture_hashes`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('unscanned_pictures');
}
