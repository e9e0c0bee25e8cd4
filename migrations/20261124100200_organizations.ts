import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('organizations', (table) => {
    table.dropUnique(['name']);
    table.timestamp('updated_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
  await knex.raw('create unique index organizations_name_unique on organizations (lower(name))');

  // An administrator who lost his organization would administer all of them.
  await knex.schema.alterTable('users', (table) => {
    table.dropForeign('organization_id');
    table.foreign('organization_id').references('organizations.id').onDelete('RESTRICT');
    table.dropIndex('organization_id');
  });
  await knex.raw('create index users_of_organization on users (organization_id, id desc)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index users_of_organization');
  await knex.schema.alterTable('users', (table) => {
    table.index('organization_id');
    table.dropForeign('organization_id');
    table.foreign('organization_id').references('organizations.id').onDelete('SET NULL');
  });
  await knex.raw('drop index organizations_name_unique');
  await knex.schema.alterTable('organizations', (table) => {
    table.unique(['name']);
    table.dropColumn('updated_at');
  });
}
