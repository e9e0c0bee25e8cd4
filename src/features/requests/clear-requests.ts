import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { QcResult } from '../../../models/qc-result.js';
import { enqueue, type JobContext, type JobPayloads } from '../../queue/job.js';
import { heatMapKey } from '../images/heat-map-key.js';
import { forgetFingerprints } from '../qc/match/forget-fingerprints.js';
import { lockMatches } from '../qc/match/lock-matches.js';
import { refreshMatches } from '../qc/match/refresh-matches.js';

/** Images that go in one transaction: as long as it takes, their owner's quality control waits. */
const IMAGES_AT_ONCE = 200;
/** After as many a job makes room for others and goes on in the next. */
const STEPS_A_JOB = 50;
const AT_ONCE = 100;

/** The key that the job of a deleted request bears in the queue. */
export const clearJobKey = (requestId: string) => `clearRequests:${requestId}`;

/**
 * Deletes what a deleted request holds, some images at a time, and last the request. What had matched its images is
 * matched anew with what is still there. Without a request it puts those into the queue whose job was lost.
 */
export async function clearRequests(
  db: Knex,
  { requestId }: JobPayloads['clearRequests'],
  { shutdown }: Pick<JobContext, 'shutdown'>,
): Promise<void> {
  if (requestId === undefined) return resumeLost(db);
  const request = await DatasetRequest.query(db).findById(requestId).whereNotNull('deletedAt');
  if (!request) return;
  for (let step = 0; step < STEPS_A_JOB && !shutdown.aborted; step += 1) {
    if (await deleteSomeImages(db, request)) continue;
    await DatasetRequest.query(db).deleteById(requestId);
    return;
  }
  await enqueue(db, 'clearRequests', { requestId }, clearJobKey(requestId));
}

/** @returns false where there are none left. */
async function deleteSomeImages(db: Knex, { id: requestId, ownerId }: DatasetRequest): Promise<boolean> {
  return db.transaction(async (trx) => {
    await lockMatches(trx, ownerId);
    const chosen = Image.query(trx).where({ requestId }).orderBy('id').limit(IMAGES_AT_ONCE).select('id');
    const ids = (await chosen).map(({ id }) => id);
    if (ids.length === 0) return false;
    const matched = await QcResult.query(trx).whereIn('matchedImageId', ids).whereNot({ requestId }).select('imageId');
    const gone = await Image.query(trx).delete().whereIn('id', ids).returning('*');
    const keys = gone.flatMap(({ id, storageKey, thumbnailKey }) => [storageKey, thumbnailKey ?? [], heatMapKey(id)]);
    await enqueue(trx, 'deleteObjects', { keys: keys.flat() });
    await refreshMatches(
      trx,
      matched.map(({ imageId }) => imageId),
    );
    await forgetFingerprints(
      trx,
      gone.map(({ sha256 }) => sha256),
    );
    return true;
  });
}

async function resumeLost(db: Knex): Promise<void> {
  const lost = await DatasetRequest.query(db)
    .where('deletedAt', '<', raw(`now() - interval '1 hour'`))
    .whereNotExists(
      db('graphile_worker.jobs as job')
        .whereRaw(`job.key = ? || requests.id`, [clearJobKey('')])
        .whereRaw('job.attempts < job.max_attempts'),
    )
    .orderBy('deletedAt')
    .limit(AT_ONCE)
    .select('id');
  for (const { id } of lost) await enqueue(db, 'clearRequests', { requestId: id }, clearJobKey(id));
}
