import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // With both unique in any case, nobody's username can be another's e-mail: a name leads to one user at most.
  await knex.schema.alterTable('users', (table) => {
    table.check(`strpos(email, '@') > 0`, {}, 'users_email_form');
    table.check(`strpos(username, '@') = 0 or lower(username) = lower(email)`, {}, 'users_username_form');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('users', (table) => {
    table.dropChecks(['users_email_form', 'users_username_form']);
  });
}
