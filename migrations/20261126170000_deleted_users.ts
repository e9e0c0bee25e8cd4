import type { Knex } from 'knex';

/**
 * Of a user who was deleted a row stays, which says nothing of him: what he labelled, ordered and did refers to it. What
 * the audit log says of his person may be taken out of it then, and nothing else ever.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table users add column deleted_at timestamptz(3)');
  await knex.raw('alter table users add constraint users_deleted_inactive check (deleted_at is null or not is_active)');
  await knex.raw(`
    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      if (new.id, new.action, new.actor_id, new.target_type, new.target_id, new.organization_id, new.request_id, new.created_at)
          is not distinct from
          (old.id, old.action, old.actor_id, old.target_type, old.target_id, old.organization_id, old.request_id, old.created_at)
        and old.details @> new.details
        and (new.ip is null or new.ip = old.ip)
        and (new.user_agent is null or new.user_agent = old.user_agent)
        and exists (
          select from users where deleted_at is not null and id = any (array[
            old.actor_id,
            case when old.target_type = 'user' then old.target_id::uuid end,
            (old.details ->> 'labeler_id')::uuid]))
      then
        return new;
      end if;
      raise exception '% takes new rows only', tg_table_name;
    end $$`);
  await knex.raw('drop trigger audit_log_append_only on audit_log');
  await knex.raw(`
    create trigger audit_log_append_only before delete or truncate on audit_log
    for each statement execute function refuse_change()`);
  await knex.raw(`
    create trigger audit_log_unchanged before update on audit_log
    for each row execute function refuse_audit_change()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger audit_log_unchanged on audit_log');
  await knex.raw('drop trigger audit_log_append_only on audit_log');
  await knex.raw(`
    create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change()`);
  await knex.raw('drop function refuse_audit_change');
  await knex.raw('alter table users drop column deleted_at');
}
