import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('idempotency_keys', (table) => {
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('key').notNullable();
    table.binary('fingerprint').notNullable();
    table.uuid('holder').notNullable();
    table.timestamp('leased_until', { precision: 3 }).notNullable();
    table.integer('status');
    table.binary('sealed_body');
    table.timestamp('created_at', { precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    table.primary(['user_id', 'key']);
    table.index('created_at');
    table.check('octet_length(fingerprint) = 32', {}, 'idempotency_keys_fingerprint_length');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('idempotency_keys');
}
