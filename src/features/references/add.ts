import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { ReferenceImage } from '../../../models/reference-image.js';
import type { Caller } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';

export interface KnownPicture {
  sourceUrl: string;
  /** 32 bytes. */
  pdq: Buffer;
  /** 0…100; below 50 a hash matches nothing. */
  pdqQuality: number;
}

/** @returns how many were not known before. */
export async function addReferences(db: Knex, caller: Caller, pictures: readonly KnownPicture[]): Promise<number> {
  // In one order, whatever the caller's: two calls with the same rows would else wait for each other for ever.
  const rows = pictures.map((picture) => ({ id: uuidv7(), ...picture })).sort(byAddressAndHash);
  return db.transaction(async (trx) => {
    // Not through the model: it would hand back the rows it was given, inserted or not.
    const inserted = await trx(ReferenceImage.tableName).insert(rows).onConflict().ignore().returning('id');
    const added = inserted.length;
    if (added > 0) {
      const target = { type: 'references', id: 'known pictures' } as const;
      const details = { added, skipped: rows.length - added };
      await recordAudit(trx, caller, { action: 'references.added', target, organizationId: null, details });
    }
    return added;
  });
}

function byAddressAndHash(a: KnownPicture, b: KnownPicture): number {
  if (a.sourceUrl !== b.sourceUrl) return a.sourceUrl < b.sourceUrl ? -1 : 1;
  return a.pdq.compare(b.pdq);
}
