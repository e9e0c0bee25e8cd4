import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index audit_log_of_target_type on audit_log (target_type, id desc)');
  // What an organization's administrator asks for: the many rows of others are not to be read past.
  await knex.raw('create index audit_log_of_organization_action on audit_log (organization_id, action, id desc)');
  await knex.raw('create index audit_log_of_organization_type on audit_log (organization_id, target_type, id desc)');
}

export async function down(knex: Knex): Promise<void> {
  for (const index of ['of_target_type', 'of_organization_action', 'of_organization_type']) {
    await knex.raw(`drop index audit_log_${index}`);
  }
}
