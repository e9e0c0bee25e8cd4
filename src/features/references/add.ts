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
  // In one order, whatever the caller's: two calls with the same rows would else wait for each other for ever.
  const rows = pictures.map((picture) => ({ id: uuidv7(), ...picture })).sort(byAddressAndHash);
  // Not through the model: it would hand back the rows it was given, inserted or not.
  const inserted = await db(ReferenceImage.tableName).insert(rows).onConflict().ignore().returning('id');
  return inserted.length;
}

function byAddressAndHash(a: KnownPicture, b: KnownPicture): number {
  if (a.sourceUrl !== b.sourceUrl) return a.sourceUrl < b.sourceUrl ? -1 : 1;
  return a.pdq.compare(b.pdq);
}
