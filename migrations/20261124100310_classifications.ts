import type { Knex } from 'knex';

const stages = ['stage1', 'stage2', 'stage3', 'stage4', 'not_classifiable', 'dtpi'];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`create type wound_stage as enum (${stages.map((stage) => `'${stage}'`).join(', ')})`);

  await knex.schema.createTable('classifications', (table) => {
    table.uuid('id').primary();
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE');
    table.uuid('user_id').notNullable().references('users.id');
    table.specificType('stage', 'wound_stage').notNullable();
    table.text('observations').notNullable().defaultTo('');
    table.timestamp('created_at', { precision: 3 }).notNullable();
  });
  await knex.raw('create index classifications_of_image on classifications (image_id, id desc)');
  await knex.raw(`
    create trigger classifications_append_only before update or truncate on classifications
    for each statement execute function refuse_change()`);

  // The newest of each user for each image: what counts. Both tables lose rows with their image only, so that
  // `classification_id` needs no foreign key, nor the index that would have to go with one.
  await knex.schema.createTable('standing_classifications', (table) => {
    table.uuid('image_id').notNullable().references('images.id').onDelete('CASCADE');
    table.uuid('user_id').notNullable().references('users.id');
    table.uuid('classification_id').notNullable();
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL');
    table.specificType('stage', 'wound_stage').notNullable();
    table.timestamp('created_at', { precision: 3 }).notNullable();
  });
  // Metrics read the indexes alone.
  await knex.raw(`
    alter table standing_classifications add constraint standing_classifications_pkey
    primary key (image_id, user_id) include (organization_id, stage, created_at)`);
  await knex.raw(`
    create index standing_by_time on standing_classifications (created_at) include (image_id, user_id, stage)`);
  await knex.raw(`
    create index standing_of_organization_by_time on standing_classifications (organization_id, created_at)
    include (image_id, user_id, stage)`);
  await knex.raw(`
    create index standing_of_user on standing_classifications (user_id, created_at)
    include (image_id, organization_id)`);

  // How many stand for each stage of an image. Agreement over all time is read off it.
  await knex.schema.createTable('stage_tallies', (table) => {
    table.uuid('image_id').primary().references('images.id').onDelete('CASCADE');
    table.uuid('organization_id').references('organizations.id').onDelete('SET NULL').index();
    for (const stage of stages) {
      table.smallint(stage).notNullable();
      table.check(`${stage} >= 0`, {}, `stage_tallies_${stage}`);
    }
  });
  await knex.raw(`
    create function tally_stages() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        insert into stage_tallies values (
          new.image_id, new.organization_id, ${stages.map((stage) => `(new.stage = '${stage}')::int`).join(', ')})
        on conflict (image_id) do update set
          ${stages.map((stage) => `${stage} = stage_tallies.${stage} + excluded.${stage}`).join(', ')};
      elsif tg_op = 'UPDATE' then
        update stage_tallies set
          organization_id = new.organization_id,
          ${stages.map((stage) => `${stage} = ${stage} + (new.stage = '${stage}')::int - (old.stage = '${stage}')::int`).join(', ')}
        where image_id = new.image_id;
      else
        update stage_tallies set
          ${stages.map((stage) => `${stage} = ${stage} - (old.stage = '${stage}')::int`).join(', ')}
        where image_id = old.image_id;
      end if;
      return null;
    end $$`);
  await knex.raw(`
    create trigger standing_classifications_tally after insert or update or delete on standing_classifications
    for each row execute function tally_stages()`);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['stage_tallies', 'standing_classifications', 'classifications']) {
    await knex.schema.dropTable(table);
  }
  await knex.raw('drop function tally_stages');
  await knex.raw('drop type wound_stage');
}
