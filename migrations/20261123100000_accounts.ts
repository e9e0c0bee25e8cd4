import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('organizations', (table) => {
    table.uuid('id').primary();
    table.text('name').notNullable().unique();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });

  await knex.schema.createTable('users', (table) => {
    table.uuid('id').primary();
    table.text('email').notNullable();
    table.text('username').notNullable();
    table.text('name').notNullable();
    table.text('password_hash').notNullable();
    table.boolean('is_active').notNullable().defaultTo(true);
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL').index();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
  await knex.raw('create unique index users_email_unique on users (lower(email))');
  await knex.raw('create unique index users_username_unique on users (lower(username))');

  await knex.schema.createTable('roles', (table) => {
    table.text('code').primary();
  });
  await knex('roles').insert(['SUPER_ADMIN', 'ADMIN', 'LABELER', 'CUSTOMER', 'VIEWER'].map((code) => ({ code })));

  await knex.schema.createTable('user_roles', (table) => {
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('role_code').notNullable().references('roles.code').index();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.primary(['user_id', 'role_code']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['user_roles', 'roles', 'users', 'organizations']) await knex.schema.dropTable(table);
}
