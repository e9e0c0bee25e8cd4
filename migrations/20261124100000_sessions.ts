import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('users', (table) => {
    table.text('coren');
    table.text('specialty');
    table.text('institution');
    table.timestamp('last_active_at', { precision: 3 });
  });

  await knex.schema.createTable('sessions', (table) => {
    table.uuid('id').primary();
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('ip');
    table.text('user_agent');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('refreshed_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('expires_at', { precision: 3 }).notNullable().index();
    table.timestamp('revoked_at', { precision: 3 });
  });
  await knex.raw('create index sessions_of_user on sessions (user_id, id desc)');

  await knex.schema.createTable('refresh_tokens', (table) => {
    table.uuid('id').primary();
    table.uuid('session_id').notNullable().references('sessions.id').onDelete('CASCADE').index();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('expires_at', { precision: 3 }).notNullable().index();
    table.timestamp('used_at', { precision: 3 });
  });

  await knex.schema.createTable('personal_access_tokens', (table) => {
    table.uuid('id').primary();
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('name').notNullable();
    table.text('scope').notNullable();
    table.binary('token_hash').notNullable().unique();
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.timestamp('expires_at', { precision: 3 }).notNullable();
    table.timestamp('last_used_at', { precision: 3 });
    table.timestamp('revoked_at', { precision: 3 });
    table.check("scope in ('read', 'write')", {}, 'personal_access_tokens_scope');
    table.check('octet_length(token_hash) = 32', {}, 'personal_access_tokens_hash_length');
  });
  await knex.raw('create index personal_access_tokens_of_user on personal_access_tokens (user_id, id desc)');

  // Of whoever is named at a login, account or not: an account must not be known by being locked.
  await knex.schema.createTable('login_failures', (table) => {
    table.text('subject').primary();
    table.integer('count').notNullable();
    table.timestamp('last_failed_at', { precision: 3 }).notNullable().index();
    table.timestamp('locked_until', { precision: 3 });
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['login_failures', 'personal_access_tokens', 'refresh_tokens', 'sessions']) {
    await knex.schema.dropTable(table);
  }
  await knex.schema.alterTable('users', (table) => {
    table.dropColumns('coren', 'specialty', 'institution', 'last_active_at');
  });
}
