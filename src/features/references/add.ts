import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { ReferenceImage } from '../../../models/reference-image.js';

export interface KnownPicture {
  sourceUrl: string;
  /** 32 bytes. */
  pdq: Buffer;
  /** 0…100; below 50 a hash matches nothing. */
  pdqQuality: number;
}

/** @returns how many were not known before. */
export async function addReferences(db: Knex, pictures: readonly KnownPicture[]): Promise<number> {
  const rows = pictures.map((picture) => ({ id: uuidv7(), ...picture }));
  // Not through the model: it would hand back the rows it was given, inserted or not.
  const inserted = await db(ReferenceImage.tableName)
    .insert(rows)
    .onConflict(['sourceUrl', 'pdq'])
    .ignore()
    .returning('id');
  return inserted.length;
}
