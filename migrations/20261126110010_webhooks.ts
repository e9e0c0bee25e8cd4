import type { Knex } from 'knex';

/** An id of version 7 (RFC 9562), whose order is that of its making: PostgreSQL has one of its own only since 18. */
const NEW_ID = `
  create function new_webhook_id() returns uuid language sql volatile as $$
    select encode(
      set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
      'hex')::uuid
  $$`;

/** One user's deliveries go out one after the other, so that his slow receiver holds up nobody else's. */
const ENQUEUE = `
  create function enqueue_webhook_delivery(delivery uuid, owner uuid, due timestamptz) returns void language plpgsql as $$
  begin
    perform graphile_worker.add_job('deliverWebhook', payload := json_build_object('deliveryId', delivery),
      queue_name := 'webhooks:' || owner, run_at := due, priority := 5, max_attempts := 5);
  end $$`;

const ANNOUNCE = `
  create function announce_to_webhooks(event_name text, subject requests, details jsonb) returns void language plpgsql as $$
  declare
    hook record;
    delivery uuid;
  begin
    for hook in
      select webhooks.id, webhooks.user_id from webhooks join users on users.id = webhooks.user_id
      where webhooks.active and event_name = any (webhooks.events) and users.is_active
        and (webhooks.scope = 'own' and webhooks.user_id = subject.owner_id
          or webhooks.scope = 'organization'
            and (users.organization_id is null or users.organization_id = subject.organization_id))
    loop
      delivery := new_webhook_id();
      insert into webhook_deliveries (id, webhook_id, event, request_id, payload)
      values (delivery, hook.id, event_name, subject.id, jsonb_build_object(
        'type', event_name,
        'timestamp', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'data', details)::text);
      perform enqueue_webhook_delivery(delivery, hook.user_id, now());
    end loop;
  end $$`;

const TRIGGERS = `
  create function webhook_request_created() returns trigger language plpgsql as $$
  begin
    perform announce_to_webhooks('request.created', new, jsonb_build_object(
      'request_id', new.id, 'title', new.title, 'owner_id', new.owner_id));
    return null;
  end $$;
  create trigger requests_webhook after insert on requests
    for each row execute function webhook_request_created();

  create function webhook_task_completed() returns trigger language plpgsql as $$
  declare subject requests;
  begin
    select * into subject from requests where id = new.request_id;
    perform announce_to_webhooks('task.completed', subject, jsonb_build_object(
      'task_id', new.id, 'request_id', new.request_id, 'labeler_id', new.labeler_id));
    return null;
  end $$;
  create trigger tasks_webhook after update on tasks
    for each row when (old.status <> 'done' and new.status = 'done') execute function webhook_task_completed();

  create function webhook_qc_completed() returns trigger language plpgsql as $$
  declare subject requests;
  begin
    select * into subject from requests where id = new.request_id;
    perform announce_to_webhooks('qc.completed', subject, jsonb_build_object(
      'request_id', new.request_id, 'run_id', new.id, 'status', new.status, 'images_total', new.images_total,
      'images_done', new.images_done, 'images_failed', new.images_failed));
    return null;
  end $$;
  create trigger qc_runs_webhook after update on qc_runs
    for each row when (old.status <> 'completed' and new.status = 'completed') execute function webhook_qc_completed();`;

/** Events are taken down by triggers: in the transaction that causes them, whatever code that is. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('webhooks', (table) => {
    table.uuid('id').primary();
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('url').notNullable();
    table.specificType('events', 'text[]').notNullable();
    table.text('scope').notNullable();
    table.binary('sealed_secret').notNullable();
    table.boolean('active').notNullable().defaultTo(true);
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check("scope in ('own', 'organization')", {}, 'webhooks_scope');
    table.check("url ~ '^(http|https)://'", {}, 'webhooks_url_scheme');
    table.index(['user_id', 'id']);
  });
  await knex.raw(`create index webhooks_of_organizations on webhooks (id) where scope = 'organization'`);
  await knex.schema.createTable('webhook_deliveries', (table) => {
    table.uuid('id').primary();
    table.uuid('webhook_id').notNullable().references('webhooks.id').onDelete('CASCADE');
    table.text('event').notNullable();
    table.uuid('request_id').references('requests.id').onDelete('CASCADE').index();
    table.text('payload').notNullable();
    table.text('status').notNullable().defaultTo('pending');
    table.integer('attempts').notNullable().defaultTo(0);
    table.integer('response_status');
    table.text('error');
    table.timestamp('next_attempt_at', { precision: 3 });
    table.timestamp('finished_at', { precision: 3 });
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.check("status in ('pending', 'delivered', 'failed', 'dropped')", {}, 'webhook_deliveries_status');
    table.index(['webhook_id', 'id']);
  });
  await knex.raw('create index webhook_deliveries_old on webhook_deliveries (created_at)');
  for (const statements of [NEW_ID, ENQUEUE, ANNOUNCE, TRIGGERS]) await knex.raw(statements);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger qc_runs_webhook on qc_runs;
    drop trigger tasks_webhook on tasks;
    drop trigger requests_webhook on requests;
    drop function webhook_qc_completed();
    drop function webhook_task_completed();
    drop function webhook_request_created();
    drop function announce_to_webhooks(text, requests, jsonb);
    drop function enqueue_webhook_delivery(uuid, uuid, timestamptz);
    drop function new_webhook_id();
  `);
  await knex.schema.dropTable('webhook_deliveries');
  await knex.schema.dropTable('webhooks');
}
