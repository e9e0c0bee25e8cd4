import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Classification, type Stage } from '../../../models/classification.js';
import { StandingClassification } from '../../../models/standing-classification.js';
import type { Image } from '../../../models/image.js';
import type { Actor } from '../auth/actor.js';
import { findClinicalImage } from '../images/find.js';

export interface Verdict {
  stage: Stage;
  observations: string;
}

/**
 * Gives an image a stage on the actor's behalf. What he gave it before stays on record and counts no longer.
 * @throws {DomainError} `not_found` or `forbidden`.
 */
export async function classifyImage(
  db: Knex,
  actor: Actor,
  imageId: string,
  verdict: Verdict,
): Promise<Classification> {
  return db.transaction(async (trx) => {
    const image = await findClinicalImage(trx, actor, imageId, 'classify', { hold: true });
    const [classification] = await recordClassifications(trx, actor.id, [image], verdict);
    if (!classification) throw new Error('A classification was not recorded');
    return classification;
  });
}

/**
 * Records one verdict on each of some images. Of a user's classifications of an image the one with the highest id
 * counts, whichever of two calls at once ends first.
 * @param images held until the transaction ends, by `findClinicalImage` or otherwise.
 */
export async function recordClassifications(
  trx: Knex.Transaction,
  userId: string,
  images: readonly Image[],
  { stage, observations }: Verdict,
): Promise<Classification[]> {
  if (images.length === 0) return [];
  // In one order, whatever the caller's: two calls on the same images would else wait for each other for ever.
  const ordered = [...images].sort((a, b) => (a.id < b.id ? -1 : 1));
  const createdAt = new Date();
  const made = ordered.map(({ id: imageId, organizationId }) => ({ id: uuidv7(), imageId, organizationId }));
  await trx(Classification.tableName).insert(
    made.map(({ id, imageId }) => ({ id, imageId, userId, stage, observations, createdAt })),
  );
  await trx(StandingClassification.tableName)
    .insert(
      made.map(({ id, imageId, organizationId }) => {
        return { imageId, userId, classificationId: id, organizationId, stage, createdAt };
      }),
    )
    .onConflict(['imageId', 'userId'])
    .merge()
    .whereRaw('standing_classifications.classification_id < excluded.classification_id');
  return made.map(({ id, imageId }) =>
    Classification.fromDatabaseJson({ id, imageId, userId, stage, observations, createdAt }),
  );
}
