import type { Knex } from 'knex';

/** Whoever changes a run, by whatever statement, tells all who follow it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function notify_qc_run() returns trigger language plpgsql as $$
    begin
      perform pg_notify('qc_runs', new.request_id::text);
      return null;
    end $$
  `);
  await knex.raw(`
    create trigger qc_runs_notify_insert after insert on qc_runs
    for each row execute function notify_qc_run()
  `);
  await knex.raw(`
    create trigger qc_runs_notify_update after update on qc_runs
    for each row when (old.* is distinct from new.*) execute function notify_qc_run()
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger qc_runs_notify_update on qc_runs');
  await knex.raw('drop trigger qc_runs_notify_insert on qc_runs');
  await knex.raw('drop function notify_qc_run()');
}
