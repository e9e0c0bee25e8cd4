import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';
import { findHeatMap } from './find-heat-map.js';
import { heatMapKey } from './heat-map-key.js';

export interface HeatMapServices {
  db: Knex;
  storage: Storage;
  pool: Pick<AnalysisPool, 'heatMap'>;
  maxPixels: number;
}

/**
 * Makes an image's heat map unless it has one that is good; notes where there can be none.
 * @throws where it cannot be made now but may be later.
 */
export async function makeHeatMap(services: HeatMapServices, imageId: string): Promise<void> {
  const { db, storage, pool, maxPixels } = services;
  const image = await Image.query(db).findById(imageId);
  const { map, resultVersion } = await findHeatMap(db, imageId);
  if (!image || map) return;

  const { contentType } = image;
  const draw = (path: string) => pool.heatMap({ path, contentType, maxPixels });
  const drawn = await storage.withLocalFile(image.storageKey, draw).catch((error: unknown) => {
    if (error instanceof ObjectNotFound) return { webp: null, undecodable: error.message, lasting: true };
    throw error;
  });
  if (drawn.webp === null && !drawn.lasting) throw new Error(drawn.undecodable);

  const key = drawn.webp && heatMapKey(image.id);
  if (drawn.webp) await storage.put(heatMapKey(image.id), Readable.from([drawn.webp]), 'image/webp');
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `insert into ai_heat_maps (image_id, result_version, storage_key)
     select images.id, :resultVersion, :key from images where images.id = :imageId
     on conflict (image_id) do update set
       result_version = excluded.result_version, storage_key = excluded.storage_key, created_at = now()`,
    { imageId, resultVersion, key },
  );
  // Deleted meanwhile, with all its objects but this one.
  if (rowCount === 0 && key !== null) await storage.delete([key]);
}
