import type { Knex } from 'knex';
import { AiHeatMap } from '../../../models/ai-heat-map.js';
import { QcResult } from '../../../models/qc-result.js';

/**
 * An image's heat map, unless it was made beside a result of another analyser version than the image has now: then it
 * may show what another detector saw. `resultVersion` is null for an image not looked at yet.
 */
export async function findHeatMap(
  db: Knex,
  imageId: string,
): Promise<{ map: AiHeatMap | undefined; resultVersion: string | null }> {
  const result = await QcResult.query(db).findById(imageId).select('analyserVersion');
  const resultVersion = result?.analyserVersion ?? null;
  const map = await AiHeatMap.query(db).findById(imageId);
  return { map: map?.resultVersion === resultVersion ? map : undefined, resultVersion };
}
