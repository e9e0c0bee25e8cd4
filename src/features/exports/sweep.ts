import type { Knex } from 'knex';
import { raw } from 'objection';
import { activeExportStatuses, DatasetExport } from '../../../models/dataset-export.js';
import { dropExports, exportJobKey } from './create.js';

/** How long an export can be fetched. */
export const EXPORTS_KEPT_DAYS = 7;
const AT_ONCE = 100;

/** Deletes exports that are a week old, with their files, and fails those whose job will not run again. */
export async function sweepExports(db: Knex): Promise<void> {
  await endStranded(db);
  for (;;) {
    const old = await DatasetExport.query(db)
      .where('createdAt', '<', raw('now() - make_interval(days => ?)', [EXPORTS_KEPT_DAYS]))
      .whereIn('status', ['completed', 'failed'])
      .orderBy('createdAt')
      .limit(AT_ONCE)
      .select('id');
    await db.transaction((trx) =>
      dropExports(
        trx,
        old.map(({ id }) => id),
      ),
    );
    if (old.length < AT_ONCE) return;
  }
}

async function endStranded(db: Knex): Promise<void> {
  const stranded = DatasetExport.query(db)
    .joinRaw('left join graphile_worker.jobs job on job.key = ? || exports.id', [exportJobKey('')])
    .whereIn('exports.status', [...activeExportStatuses])
    .whereRaw('(job.id is null or (job.attempts >= job.max_attempts and job.locked_at is null))')
    .select('exports.id')
    .limit(AT_ONCE);
  await DatasetExport.query(db)
    .whereIn('id', stranded)
    .whereIn('status', [...activeExportStatuses])
    .patch({
      status: 'failed',
      error: 'The export was interrupted too often. Order it again.',
      completedAt: raw('now()'),
    });
}
