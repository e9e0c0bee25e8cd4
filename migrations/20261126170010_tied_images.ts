import type { Knex } from 'knex';

/** Images of a request whose bytes match something. Where a statement names several, all name them in one order. */
const TIE = (images: string) => `
  insert into tied_images (request_id, image_id)
  select request_id, id from images where request_id is not null and ${images}
  order by sha256, id
  on conflict do nothing`;

const hasSameBytes = (image: string) => `
  exists (select from images other where other.sha256 = ${image}.sha256 and other.id <> ${image}.id)`;

const hasMatch = (image: string) => `
  exists (select from picture_matches where picture_matches.sha256 = ${image}.sha256)
  or exists (select from reference_images where reference_images.sha256 = ${image}.sha256)`;

const trigger = (table: string, statement: string) => `
  create function tie_by_${table}() returns trigger language plpgsql as $$
  begin
    ${statement};
    return null;
  end $$;
  create trigger ${table}_tie after insert on ${table} referencing new table as added
    for each statement execute function tie_by_${table}()`;

/**
 * Which few of a request's images have anything to do with another picture, so that its duplicates are found without
 * looking at all the others. It may name too many, never too few: who reads it asks whether the match holds. Whatever
 * comes last ties an image: the image itself, its result, or what matches its bytes.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('tied_images', (table) => {
    table.uuid('request_id').notNullable();
    // No foreign key: an image that is deleted as another of its bytes arrives must not turn that one away.
    table.uuid('image_id').notNullable();
    table.primary(['request_id', 'image_id']);
  });
  const bytesAdded = TIE('sha256 in (select sha256 from added)');
  await knex.raw(trigger('picture_matches', bytesAdded));
  await knex.raw(trigger('reference_images', bytesAdded));
  await knex.raw(trigger('images', TIE(`sha256 in (select sha256 from added where ${hasSameBytes('added')})`)));
  await knex.raw(
    trigger(
      'qc_results',
      TIE(`id in (select image_id from added) and (${hasSameBytes('images')} or ${hasMatch('images')})`),
    ),
  );
  await knex.raw(`
    create function untie_images() returns trigger language plpgsql as $$
    begin
      delete from tied_images using gone
      where tied_images.request_id = gone.request_id and tied_images.image_id = gone.id;
      return null;
    end $$;
    create trigger images_untie after delete on images referencing old table as gone
      for each statement execute function untie_images()`);
  await knex.raw(TIE(`(${hasSameBytes('images')} or ${hasMatch('images')})`));
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger images_untie on images');
  await knex.raw('drop function untie_images');
  for (const table of ['picture_matches', 'reference_images', 'images', 'qc_results']) {
    await knex.raw(`drop trigger ${table}_tie on ${table}`);
    await knex.raw(`drop function tie_by_${table}`);
  }
  await knex.schema.dropTable('tied_images');
}
