import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import { PendingFiles } from './pending-files.js';

/** Waits for thumbnails that are being made. `not_found` when there is and will be none. */
export class PendingThumbnails extends PendingFiles {
  /** @param options.maxImages Images watched at a time, in this process. */
  constructor(db: Knex, { maxImages }: { maxImages?: number } = {}) {
    const look = async (imageId: string) => {
      const image = await Image.query(db).findById(imageId);
      if (!image || image.thumbnailFailed) throw notFound('Preview');
      return image.thumbnailKey;
    };
    super({ what: 'preview', look, maxImages });
  }
}
