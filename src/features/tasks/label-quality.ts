import type { Knex } from 'knex';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { fleissKappaOf } from '../metrics/fleiss-kappa.js';

/** A longer time between two labels is a break, and no work. */
export const PAUSE_SECONDS = 300;
/** Labelers named, those with most labels first. */
const MAX_LABELERS = 1000;

export interface LabelerQuality {
  id: string;
  username: string;
  name: string;
  images: number;
  /** Null before his second label. */
  labelsPerHour: number | null;
  medianSeconds: number | null;
  goldImages: number;
  goldCorrect: number;
}

export interface LabelQuality {
  imagesTotal: number;
  imagesLabeled: number;
  /** Fleiss' kappa over images that two or more labelers labelled; null where it is not defined. */
  kappa: number | null;
  kappaPerClass: { class: string; kappa: number | null }[];
  /** Images that two or more labelled, and who labelled one of those. */
  images: number;
  raters: number;
  /** Images whose labels are even between classes. */
  ties: number;
  labelers: LabelerQuality[];
}

/** Of what a labeler said of an image in several tasks the newest counts; rejected images do not. */
const STANDING = `standing as materialized (
  select distinct on (labels.image_id, labels.labeler_id) labels.image_id, labels.labeler_id, labels.classes
  from labels join tasks on tasks.id = labels.task_id join images on images.id = labels.image_id
  where tasks.request_id = :requestId and images.duplicate_decision is distinct from 'reject'
  order by labels.image_id, labels.labeler_id, labels.updated_at desc, labels.id desc
), rated as materialized (
  select image_id, count(*) as raters from standing group by image_id
), votes as materialized (
  select image_id, class, count(*) as votes from standing, unnest(classes) as class group by image_id, class
)`;

/** How good a request's labels are, by what the database counts of them: as many rows as classes and labelers. */
export async function labelQuality(db: Knex, request: DatasetRequest): Promise<LabelQuality> {
  return db.transaction(
    async (trx) => {
      const imagesByRaters = await countByRaters(trx, request.id);
      const shared = imagesByRaters.filter(({ raters }) => raters >= 2);
      const { overall, perCategory } = fleissKappaOf(await countCells(trx, request, shared));
      const { ties, raters } = await countTies(trx, request.id);
      return {
        imagesTotal: await Image.query(trx).where('requestId', request.id).modify('accepted').resultSize(),
        imagesLabeled: sumOf(imagesByRaters),
        kappa: overall,
        kappaPerClass: request.classes.map((name) => ({ class: name, kappa: perCategory.get(name) ?? null })),
        images: sumOf(shared),
        raters,
        ties,
        labelers: await measureLabelers(trx, request.id),
      };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

interface ByRaters {
  raters: number;
  images: number;
}

const sumOf = (rows: readonly { images: number }[]) => rows.reduce((sum, { images }) => sum + images, 0);

async function select<Row>(trx: Knex, sql: string, bindings: Record<string, string | number>): Promise<Row[]> {
  const { rows } = await trx.raw<{ rows: Row[] }>(sql, bindings);
  return rows;
}

function countByRaters(trx: Knex, requestId: string): Promise<ByRaters[]> {
  return select<ByRaters>(
    trx,
    `with ${STANDING} select raters, count(*) as images from rated group by raters order by raters`,
    { requestId },
  );
}

/** What kappa is made of; that a class was chosen by nobody is what is left of the images. */
async function countCells(trx: Knex, request: DatasetRequest, shared: readonly ByRaters[]) {
  const chosen = await select<{ raters: number; category: string; count: number; subjects: number }>(
    trx,
    `with ${STANDING}
     select raters, class as category, votes as count, count(*) as subjects
     from votes join rated using (image_id) where raters >= 2 group by raters, class, votes`,
    { requestId: request.id },
  );
  const withVotes = new Map<string, number>();
  const keyOf = (category: string, raters: number) => `${raters} ${category}`;
  for (const { category, raters, subjects } of chosen) {
    const key = keyOf(category, raters);
    withVotes.set(key, (withVotes.get(key) ?? 0) + subjects);
  }
  const without = request.classes.flatMap((category) =>
    shared.map(({ raters, images }) => {
      const subjects = images - (withVotes.get(keyOf(category, raters)) ?? 0);
      return { raters, category, count: 0, subjects };
    }),
  );
  return [...chosen, ...without];
}

/** A tie as the consensus has it (`consensus.ts`): a class with half of the votes, or several that most chose. */
async function countTies(trx: Knex, requestId: string): Promise<{ ties: number; raters: number }> {
  const [row] = await select<{ ties: number; raters: number }>(
    trx,
    `with ${STANDING}, best as (
       select image_id, raters, most, count(*) filter (where votes = most) as firsts,
         count(*) filter (where votes * 2 = raters) as halves
       from (select image_id, votes, max(votes) over (partition by image_id) as most from votes) voted
       join rated using (image_id) group by image_id, raters, most
     )
     select
       (select count(*) from best where case when most * 2 > raters then halves > 0 else firsts > 1 end) as ties,
       (select count(distinct labeler_id) from standing join rated using (image_id) where raters >= 2) as raters`,
    { requestId },
  );
  return row ?? { ties: 0, raters: 0 };
}

/** Work is the time between one label and the next, of the moments at which images were first labelled. */
function measureLabelers(trx: Knex, requestId: string): Promise<LabelerQuality[]> {
  return select<LabelerQuality>(
    trx,
    `with ${STANDING}, gaps as (
       select labels.labeler_id, extract(epoch from labels.created_at - lag(labels.created_at) over (
         partition by labels.labeler_id order by labels.created_at, labels.id)) as seconds
       from labels join tasks on tasks.id = labels.task_id where tasks.request_id = :requestId
     ), pace as (
       select labeler_id, count(*) * 3600 / nullif(sum(seconds), 0) as per_hour,
         percentile_cont(0.5) within group (order by cast(seconds as double precision)) as median
       from gaps where seconds <= :pause group by labeler_id
     )
     select users.id, users.username, users.name, count(*) as images,
       cast(pace.per_hour as double precision) as "labelsPerHour", pace.median as "medianSeconds",
       count(gold.image_id) as "goldImages",
       count(*) filter (where gold.classes @> standing.classes and gold.classes <@ standing.classes) as "goldCorrect"
     from standing
     join users on users.id = standing.labeler_id
     left join pace on pace.labeler_id = standing.labeler_id
     left join gold_answers gold on gold.image_id = standing.image_id
     group by users.id, pace.per_hour, pace.median
     order by images desc, users.id limit ${MAX_LABELERS}`,
    { requestId, pause: PAUSE_SECONDS },
  );
}
