import type { Knex } from 'knex';

export interface ArchiveSize {
  organizations: number;
  clinicians: number;
  images: number;
  /** Raters of an image go from none to this many: half of it on average. */
  mostRaters: number;
  /** Days over which the images are spread, the last being today. */
  days: number;
}

/**
 * Fills a migrated, empty database with clinical images and their classifications, as years of work leave them: each
 * image is classified hours after it came by clinicians of its organization, who agree on seven of ten.
 * Triggers and foreign keys are left aside on the way, for minutes' sake; what they would have made is made at once.
 */
export async function seedArchive(db: Knex, size: ArchiveSize): Promise<void> {
  const { organizations, clinicians, images, mostRaters, days } = size;
  const perOrganization = clinicians / organizations;
  await db.transaction(async (trx) => {
    await trx.raw(`set local session_replication_role = replica`);
    await trx.raw(`set local statement_timeout = 0`);
    await trx.raw(`insert into organizations (id, name)
      select uuidv7(), 'Clinic ' || n from generate_series(0, ${organizations - 1}) n`);
    await trx.raw(`create temporary table clinician on commit drop as
      select n, uuidv7() as id, uuidv7() as batch_id, (
        select id from organizations where name = 'Clinic ' || (n / ${perOrganization})) as organization_id
      from generate_series(0, ${clinicians - 1}) n`);
    await trx.raw(`insert into users (id, email, username, name, password_hash, organization_id)
      select id, n || '@example.com', 'clinician' || n, 'Clinician ' || n, '', organization_id from clinician`);
    await trx.raw(`insert into upload_batches (id, owner_id) select batch_id, id from clinician`);
    await trx.raw(`create temporary table picture on commit drop as
      select n, n % ${organizations} as organization, n / ${organizations} as nth, at,
        uuidv7(at - clock_timestamp()) as id
      from generate_series(0, ${images - 1}) n,
        lateral (select now() - (${images} - n) * interval '${(days * 24 * 60 * 60) / images} seconds' as at) t`);
    await trx.raw(`insert into images (id, batch_id, owner_id, organization_id, filename, storage_key, etag, sha256,
        bytes, content_type, width, height, created_at)
      select p.id, c.batch_id, c.id, c.organization_id, p.n || '.jpg', 'clinical/' || p.id, 'e',
        sha256(cast(cast(p.id as text) as bytea)), 1, 'image/jpeg', 1, 1, p.at
      from picture p join clinician c on c.n = p.organization * ${perOrganization} + p.nth % ${perOrganization}
      order by p.n`);
    await trx.raw(`insert into classifications (id, image_id, user_id, stage, created_at)
      select uuidv7(v.at - clock_timestamp()), p.id, c.id,
        (enum_range(null::wound_stage))[
          1 + case when random() < 0.7 then p.nth % 4 else cast(floor(random() * 6) as int) end], v.at
      from picture p
      cross join generate_series(1, ${mostRaters}) rater
      cross join lateral (select least(p.at + rater * interval '1 hour', now()) as at) v
      join clinician c on c.n = p.organization * ${perOrganization} + (p.nth / 7 + rater) % ${perOrganization}
      where rater <= p.nth % ${mostRaters + 1}
      order by p.n, rater`);
    await trx.raw(`insert into standing_classifications
        (image_id, user_id, classification_id, organization_id, stage, created_at)
      select c.image_id, c.user_id, c.id, i.organization_id, c.stage, c.created_at
      from classifications c join images i on i.id = c.image_id`);
    const stages = ['stage1', 'stage2', 'stage3', 'stage4', 'not_classifiable', 'dtpi'];
    await trx.raw(`insert into stage_tallies (image_id, organization_id, ${stages.join(', ')})
      select image_id, cast(min(cast(organization_id as text)) as uuid),
        ${stages.map((stage) => `count(*) filter (where stage = '${stage}')`).join(', ')}
      from standing_classifications group by image_id`);
  });
  for (const table of ['users', 'images', 'classifications', 'standing_classifications', 'stage_tallies']) {
    await db.raw(`vacuum analyze ${table}`);
  }
}
