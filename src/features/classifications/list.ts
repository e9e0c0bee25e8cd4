import type { Knex } from 'knex';
import { Classification } from '../../../models/classification.js';
import { applyCursor } from '../../database/keyset.js';

/** A classification with who gave it, and whether it is the one of his that counts. */
export type ListedClassification = Classification & { userName: string; counts: boolean };

/** An image's classifications, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listClassifications(
  db: Knex,
  imageId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ListedClassification[]; total: number }> {
  const all = Classification.query(db).where('classifications.imageId', imageId);
  const page = all
    .clone()
    .join('users', 'users.id', 'classifications.userId')
    .join('standingClassifications', (on) => {
      on.on('standingClassifications.imageId', 'classifications.imageId');
      on.on('standingClassifications.userId', 'classifications.userId');
    })
    .select('classifications.*', 'users.name as userName')
    .select(db.raw('standing_classifications.classification_id = classifications.id as counts'))
    .limit(limit + 1);
  applyCursor(page, cursor, 'classifications.id');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows: rows as ListedClassification[], total };
}
