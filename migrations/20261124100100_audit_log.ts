import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // No foreign keys: what happened stays on record when those concerned are gone.
  await knex.schema.createTable('audit_log', (table) => {
    table.uuid('id').primary();
    table.text('action').notNullable();
    table.uuid('actor_id');
    table.text('target_type').notNullable();
    table.text('target_id').notNullable();
    table.uuid('organization_id');
    table.jsonb('details').notNullable();
    table.text('ip');
    table.text('user_agent');
    table.text('request_id');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
  });
  await knex.raw('create index audit_log_of_actor on audit_log (actor_id, id desc)');
  await knex.raw('create index audit_log_of_target on audit_log (target_id, id desc)');
  await knex.raw('create index audit_log_of_organization on audit_log (organization_id, id desc)');
  await knex.raw('create index audit_log_of_action on audit_log (action, id desc)');

  await knex.raw(`
    create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception '% takes new rows only', tg_table_name; end $$`);
  await knex.raw(`
    create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('audit_log');
  await knex.raw('drop function refuse_change');
}
