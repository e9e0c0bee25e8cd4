import type { Knex } from 'knex';
import { StandingClassification } from '../../../models/standing-classification.js';

/**
 * How many images each of these users has classified, in one statement; a change of mind counts once. Users who have
 * classified none are not in the map.
 */
export async function classificationCounts(db: Knex, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows: unknown = await StandingClassification.query(db)
    .whereIn('userId', [...userIds])
    .groupBy('userId')
    .select('userId')
    .count({ images: '*' });
  return new Map((rows as { userId: string; images: number }[]).map(({ userId, images }) => [userId, images]));
}
