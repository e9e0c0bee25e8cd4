import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Classification, type Stage } from '../../../models/classification.js';
import { StandingClassification } from '../../../models/standing-classification.js';
import type { Image } from '../../../models/image.js';
import type { Actor } from '../auth/actor.js';
import { findClinicalImage } from '../images/find.js';

/** One moment for all that a statement records; `now()` would be when its transaction began. */
const NOW = 'statement_timestamp()';

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
 * Records one verdict on each of some images. Of a user's classifications of an image the latest counts, whichever of
 * two calls at once ends first.
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
  const made = ordered.map(({ id: imageId, organizationId }) => ({ id: uuidv7(), imageId, organizationId }));
  // The database's clock: of two processes one may be wrong, and the later classification is to count.
  const [recorded] = await trx(Classification.tableName)
    .insert(made.map(({ id, imageId }) => ({ id, imageId, userId, stage, observations, createdAt: trx.raw(NOW) })))
    .returning<{ createdAt: Date }[]>('createdAt');
  if (!recorded) throw new Error('A classification was not recorded');
  const { createdAt } = recorded;
  await trx(StandingClassification.tableName)
    .insert(
      made.map(({ id, imageId, organizationId }) => {
        return { imageId, userId, classificationId: id, organizationId, stage, createdAt };
      }),
    )
    .onConflict(['imageId', 'userId'])
    .merge()
    .whereRaw(
      `(standing_classifications.created_at, standing_classifications.classification_id)
         < (excluded.created_at, excluded.classification_id)`,
    );
  return made.map(({ id, imageId }) =>
    Classification.fromDatabaseJson({ id, imageId, userId, stage, observations, createdAt }),
  );
}
