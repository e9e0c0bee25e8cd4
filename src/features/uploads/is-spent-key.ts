import type { Knex } from 'knex';
import { PresignedUpload } from '../../../models/presigned-upload.js';

/** Whether what was uploaded under a key that was handed out has been turned into an image, or refused, already. */
export async function isSpentKey(db: Knex, key: string): Promise<boolean> {
  const slot = await PresignedUpload.query(db).findById(key);
  return slot !== undefined && slot.completedAt !== null;
}
