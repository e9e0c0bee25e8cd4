import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../audit/record.js';
import type { Actor } from '../auth/actor.js';
import type { Caller, Origin } from '../auth/caller.js';

export interface KnownPicture {
  sourceUrl: string;
  /** 32 bytes. */
  pdq: Buffer;
  /** 0…100; below 50 a hash alone matches nothing. */
  pdqQuality: number;
  /** Where the picture itself was looked at: its fingerprint is kept under these. */
  looked?: { sha256: Buffer; analyserVersion: string; descriptor: Buffer };
}

/**
 * Makes references known; one that was known by its hash alone is known by its picture once that is there.
 * @returns how many were not known before.
 */
export async function insertReferences(db: Knex, pictures: readonly KnownPicture[]): Promise<number> {
  if (pictures.length === 0) return 0;
  // In one order, whatever the caller's: two calls with the same rows would else wait for each other for ever.
  const rows = [...new Map(pictures.map((picture) => [keyOf(picture), picture])).values()].sort(byAddressAndHash);
  const { rows: inserted } = await db.raw<{ rows: unknown[] }>(
    `insert into reference_images (id, source_url, pdq, pdq_quality, sha256, analyser_version, descriptor)
     select * from unnest(cast(:ids as uuid[]), cast(:sourceUrls as text[]), cast(:pdqs as bytea[]),
                          cast(:qualities as smallint[]), cast(:sha256s as bytea[]), cast(:versions as text[]),
                          cast(:descriptors as bytea[]))
     on conflict (md5(source_url), pdq) do update set
       sha256 = excluded.sha256, analyser_version = excluded.analyser_version, descriptor = excluded.descriptor,
       pdq_quality = excluded.pdq_quality, sequence = nextval('picture_sequence')
     where excluded.analyser_version is distinct from reference_images.analyser_version and excluded.sha256 is not null
     returning 1`,
    {
      ids: rows.map(() => uuidv7()),
      sourceUrls: rows.map(({ sourceUrl }) => sourceUrl),
      pdqs: rows.map(({ pdq }) => pdq),
      qualities: rows.map(({ pdqQuality }) => pdqQuality),
      sha256s: rows.map(({ looked }) => looked?.sha256 ?? null),
      versions: rows.map(({ looked }) => looked?.analyserVersion ?? null),
      descriptors: rows.map(({ looked }) => looked?.descriptor ?? null),
    },
  );
  return inserted.length;
}

/** As `insertReferences`, and puts it on record. */
export async function addReferences(db: Knex, caller: Caller, pictures: readonly KnownPicture[]): Promise<number> {
  return db.transaction(async (trx) => {
    const added = await insertReferences(trx, pictures);
    if (added > 0) await recordAdded(trx, caller, { added, skipped: pictures.length - added });
    return added;
  });
}

/** @param details how many came to be known, and from where. */
export async function recordAdded(
  trx: Knex,
  caller: Origin & { actor: Actor | null },
  details: { added: number; skipped: number; source?: string },
): Promise<void> {
  const target = { type: 'references', id: 'known pictures' } as const;
  await recordAudit(trx, caller, { action: 'references.added', target, organizationId: null, details });
}

const keyOf = ({ sourceUrl, pdq }: KnownPicture) => `${pdq.toString('hex')} ${sourceUrl}`;

function byAddressAndHash(a: KnownPicture, b: KnownPicture): number {
  if (a.sourceUrl !== b.sourceUrl) return a.sourceUrl < b.sourceUrl ? -1 : 1;
  return a.pdq.compare(b.pdq);
}
