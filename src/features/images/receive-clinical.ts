import type { Stage } from '../../../models/classification.js';
import type { Services } from '../../services.js';
import { recordClassifications } from '../classifications/classify.js';
import { nothingTaken, orGiveUp } from '../uploads/receive.js';
import type { ReceivedFiles } from '../uploads/received-files.js';
import { keepClinical, type KeptClinicalImages } from './keep-clinical.js';

/**
 * Turns what one multipart call brought into clinical images of a user, and classifies each on his behalf where a stage
 * is given: all of it or nothing. Rejected files cost the good ones nothing.
 * @param options.field of the form that carries the files.
 * @throws {DomainError} `invalid` when no file at all was sent, or not one can be taken; `too_large` where all are that.
 */
export async function receiveClinical(
  { db, storage }: Pick<Services, 'db' | 'storage'>,
  userId: string,
  { stored, rejected }: ReceivedFiles,
  { field, stage }: { field: string; stage?: Stage },
): Promise<KeptClinicalImages & { classified: number }> {
  if (stored.length === 0) throw nothingTaken(rejected, field);
  return orGiveUp(storage, stored, () =>
    db.transaction(async (trx) => {
      const kept = await keepClinical(trx, userId, stored);
      const classifications = stage
        ? await recordClassifications(trx, userId, kept.images, { stage, observations: '' })
        : [];
      return { ...kept, classified: classifications.length };
    }),
  );
}
