import type { Knex } from 'knex';
import { stages } from '../classifications/stage.js';
import type { StageCell, StagePair } from './agreement.js';
import { MAX_DAYS, type Period } from './period.js';

/** What is counted: an organization's images or, with null, all; what was classified and uploaded in the period. */
export interface Extent extends Pick<Period, 'start' | 'end'> {
  organizationId: string | null;
}

/** Whether a row of `standing_classifications` or `images` belongs to the extent. */
function within({ organizationId, start, end }: Extent, table: string): string {
  return [
    'true',
    ...(organizationId === null ? [] : [`${table}.organization_id = :organizationId`]),
    ...(start === null ? [] : [`${table}.created_at >= :start`]),
    ...(end === null ? [] : [`${table}.created_at < :end`]),
  ].join(' and ');
}

/** The extent without bounds that nothing lies beyond: what has none is read off tallies. */
export async function widen(trx: Knex, extent: Extent): Promise<Extent> {
  const everything = { ...extent, start: null, end: null };
  const edge = (of: 'min' | 'max', table: string) => `(select ${of}(created_at) from ${table})`;
  const classifications = `standing_classifications s where ${within(everything, 's')}`;
  const images = `images i where i.request_id is null and ${within(everything, 'i')}`;
  const [edges] = await select<{ first: Date | null; last: Date | null }>(
    trx,
    `select least(${edge('min', classifications)}, ${edge('min', images)}) as first,
            greatest(${edge('max', classifications)}, ${edge('max', images)}) as last`,
    extent,
  );
  const { first = null, last = null } = edges ?? {};
  return {
    ...extent,
    start: extent.start && first && first < extent.start ? extent.start : null,
    end: extent.end && last && last >= extent.end ? extent.end : null,
  };
}

async function select<Row>(trx: Knex, sql: string, bindings: object): Promise<Row[]> {
  const { rows } = await trx.raw<{ rows: Row[] }>(sql, { ...bindings });
  return rows;
}

/** How many images each clinician classified, most first; a row a clinician. */
export function countByClinician(trx: Knex, extent: Extent) {
  return select<{ id: string; count: number }>(trx, byClinicianSql(extent), extent);
}

export const byClinicianSql = (extent: Extent) => `
  select user_id as id, count(*) as count from standing_classifications s
  where ${within(extent, 's')} group by user_id order by count(*) desc, user_id`;

/**
 * How many of how many clinicians chose each stage, on how many images: as many rows as there are such constellations,
 * however many images there are. Over all time they are read off the tallies that the database keeps.
 */
export function countConstellations(trx: Knex, extent: Extent): Promise<StageCell[]> {
  return select<StageCell>(trx, constellationsSql(extent), extent);
}

export function constellationsSql(extent: Extent): string {
  const allTime = extent.start === null && extent.end === null;
  const ofImages = allTime
    ? `select ${stages.join(', ')} from stage_tallies t
       where ${within(extent, 't')} and (${stages.join(' + ')}) > 0`
    : `select ${stages.map((stage) => `count(*) filter (where stage = '${stage}') as ${stage}`).join(', ')}
       from standing_classifications s where ${within(extent, 's')} group by image_id`;
  return `
    with of_images as (${ofImages}),
    constellations as (select ${stages.join(', ')}, count(*) as images from of_images group by ${stages.join(', ')})
    select ${stages.join(' + ')} as raters, chosen.stage, chosen.count, cast(sum(images) as bigint) as images
    from constellations
    cross join lateral (values ${stages.map((stage) => `('${stage}', ${stage})`).join(', ')}) as chosen (stage, count)
    group by raters, chosen.stage, chosen.count`;
}

/** How many images were uploaded in the extent and not classified in it. */
export async function countUnclassified(trx: Knex, extent: Extent, classified: number): Promise<number> {
  // Over all time whatever is classified was uploaded, too.
  const allTime = extent.start === null && extent.end === null;
  const [row] = await select<{ images: number }>(trx, allTime ? imagesSql(extent) : unclassifiedSql(extent), extent);
  return (row?.images ?? 0) - (allTime ? classified : 0);
}

const imagesSql = (extent: Extent) => `
  select count(*) as images from images i where i.request_id is null and ${within(extent, 'i')}`;

export const unclassifiedSql = (extent: Extent) => `
  ${imagesSql(extent)} and not exists (
    select from standing_classifications s where s.image_id = i.id and ${within(extent, 's')})`;

/** Those of the clinicians who classified an image that another classified too. One hit each is enough. */
export async function findCoRaters(trx: Knex, extent: Extent, clinicians: readonly string[]): Promise<string[]> {
  const rows = await select<{ id: string }>(trx, coRatersSql(extent), { ...extent, clinicians });
  return rows.map(({ id }) => id);
}

export const coRatersSql = (extent: Extent) => `
  select clinician.id from unnest(cast(:clinicians as uuid[])) as clinician (id)
  cross join lateral (
    select from standing_classifications s
    where s.user_id = clinician.id and ${within(extent, 's')} and exists (
      select from standing_classifications o
      where o.image_id = s.image_id and o.user_id <> s.user_id and ${within(extent, 'o')})
    limit 1) as hit`;

/** What two clinicians chose on the images that both classified. */
export function countPairs(trx: Knex, extent: Extent, [first, second]: [string, string]): Promise<StagePair[]> {
  return select<StagePair>(trx, pairsSql(extent), { ...extent, first, second });
}

export const pairsSql = (extent: Extent) => `
  select s.stage as first, o.stage as second, count(*) as images
  from standing_classifications s
  join standing_classifications o on o.image_id = s.image_id and o.user_id = :second
  where s.user_id = :first and ${within(extent, 's')} and ${within(extent, 'o')}
  group by s.stage, o.stage`;

/**
 * How much was classified on each day of the period, days with nothing included. Where it has no beginning, from the
 * first classification on; where it has no end, until today; of more days than `MAX_DAYS` the last.
 */
export function countByDay(trx: Knex, extent: Extent, { from, to, timeZone }: Period) {
  const bindings = { ...extent, from: from ?? null, to: to ?? null, timeZone };
  return select<{ date: string; count: number }>(trx, byDaySql(extent), bindings);
}

export const byDaySql = (extent: Extent) => `
  with bounds as (
    select
      coalesce(cast(:from as date), (
        select cast(min(created_at) at time zone :timeZone as date) from standing_classifications s
        where ${within(extent, 's')})) as first,
      coalesce(cast(:to as date), greatest(cast(:from as date), cast(now() at time zone :timeZone as date))) as last)
  select to_char(day, 'YYYY-MM-DD') as date, (
    select count(*) from standing_classifications s
    where ${within({ ...extent, start: null, end: null }, 's')}
      and s.created_at >= day at time zone :timeZone
      and s.created_at < (day + interval '1 day') at time zone :timeZone) as count
  from bounds
  cross join lateral generate_series(
    cast(greatest(first, last - ${MAX_DAYS - 1}) as timestamp), cast(last as timestamp), interval '1 day') as day
  where first is not null
  order by day`;
