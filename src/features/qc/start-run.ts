import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { QcRun, type QcScope } from '../../../models/qc-run.js';
import { conflict, forbidden, notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import { administersAll, type Actor } from '../auth/actor.js';
import { runJobKey } from './finish-run.js';

/**
 * Makes a run and its job in one transaction. That a request has one active run at most is decided by the database.
 * @param reach what its pictures are matched against: those of the request, all its customer's, or everybody's.
 * @throws {DomainError} `conflict` when one is active, `not_found` when the request was deleted meanwhile, `forbidden` where the actor may not look at everybody's.
 */
export async function startRun(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  reach: 'request' | 'customer' | 'everyone' = 'customer',
): Promise<QcRun> {
  const scope = scopeFor(actor, reach);
  try {
    return await db.transaction(async (trx) => {
      const present = await DatasetRequest.query(trx).findById(request.id).select('deletedAt').forKeyShare();
      if (!present || present.deletedAt) throw notFound('Request');
      const run = await QcRun.query(trx).insertAndFetch({
        id: uuidv7(),
        requestId: request.id,
        startedBy: actor.id,
        scope,
        imagesTotal: await Image.query(trx).where('requestId', request.id).resultSize(),
      });
      await DatasetRequest.query(trx)
        .findById(request.id)
        .whereIn('status', ['new', 'ready'])
        .patch({ status: 'in_qc' });
      await enqueue(trx, 'runQc', { runId: run.id }, runJobKey(run.id));
      return run;
    });
  } catch (error) {
    if (error instanceof UniqueViolationError && error.constraint === 'qc_runs_one_active') {
      throw conflict('Quality control of this request is already running.');
    }
    throw error;
  }
}

/** Everybody, to an administrator of one organization, is everybody in it. */
function scopeFor(actor: Actor, reach: 'request' | 'customer' | 'everyone'): QcScope {
  if (reach !== 'everyone') return reach;
  if (administersAll(actor)) return 'everyone';
  if (actor.roles.includes('ADMIN')) return 'organization';
  throw forbidden('Only an administrator matches pictures against everybody’s.');
}
