import type { Knex } from 'knex';
import { raw } from 'objection';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import type { Storage } from '../../storage/storage.js';

const CHUNK = 500;

/** Forgets keys that were handed out over a day before and never completed, with whatever was uploaded under them. */
export async function sweepAbandonedUploads(db: Knex, storage: Storage): Promise<void> {
  for (;;) {
    const abandoned = await PresignedUpload.query(db)
      .where('expiresAt', '<', raw(`now() - interval '1 day'`))
      .limit(CHUNK);
    const keys = abandoned.map(({ key }) => key);
    await storage.delete(keys);
    await PresignedUpload.query(db).delete().whereIn('key', keys);
    if (abandoned.length < CHUNK) return;
  }
}
