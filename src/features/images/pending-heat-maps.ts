import type { Knex } from 'knex';
import { notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import { findHeatMap } from './find-heat-map.js';
import { PendingFiles } from './pending-files.js';

/** Has heat maps made that are looked at, and waits for them. `not_found` when there is and will be none. */
export class PendingHeatMaps extends PendingFiles {
  constructor(db: Knex) {
    super({
      what: 'heat map',
      look: async (imageId) => {
        const { map } = await findHeatMap(db, imageId);
        if (map?.storageKey === null) throw notFound('Heat map');
        return map?.storageKey ?? null;
      },
      // Under one key: of all who look at once, each in a process of his own, one job is left.
      order: (imageId) => enqueue(db, 'makeHeatMap', { imageId }, `makeHeatMap:${imageId}`),
    });
  }
}
