import type { Knex } from 'knex';
import type { KnownFingerprint } from '../../../../workers/match/pair-match.js';

/** A picture that another may be a copy of. */
export interface KnownPicture extends KnownFingerprint {
  sequence: number;
  /** Null where only the hash is known. */
  sha256: Buffer | null;
  /** Null for somebody's upload. */
  referenceId: string | null;
}

interface CandidateRow {
  sequence: number;
  sha256: Buffer | null;
  referenceId: string | null;
  pdq: Buffer;
  quality: number;
  descriptor: Buffer | null;
  dihedral: Buffer | null;
  evidence: Buffer | null;
}

/** Some 5 MB. */
const KEPT = 500;

/**
 * What is known of the pictures that bear these sequence numbers, read from the database; what was asked for of late is
 * kept. Pictures that nobody has any more are left out.
 */
export class CandidateReader {
  readonly #kept = new Map<number, KnownPicture>();

  async read(db: Knex, sequences: ReadonlySet<number>): Promise<Map<number, KnownPicture>> {
    const present = await this.#present(db, [...sequences]);
    const missing = present.filter((sequence) => !this.#kept.has(sequence));
    const found = new Map<number, KnownPicture>();
    for (const picture of missing.length > 0 ? await readPictures(db, missing) : []) {
      found.set(picture.sequence, picture);
    }
    for (const sequence of present) {
      const picture = found.get(sequence) ?? this.#kept.get(sequence);
      if (picture) found.set(sequence, picture);
    }
    for (const picture of found.values()) this.#keep(picture);
    return found;
  }

  async #present(db: Knex, sequences: number[]): Promise<number[]> {
    if (sequences.length === 0) return [];
    const { rows } = await db.raw<{ rows: { sequence: number }[] }>(
      `select hash.sequence from picture_hashes hash
       where hash.sequence = any(cast(:sequences as bigint[])) and exists (
         select from images where images.sha256 = hash.sha256 and images.owner_id = hash.owner_id)
       union all
       select sequence from reference_images where sequence = any(cast(:sequences as bigint[]))`,
      { sequences },
    );
    return rows.map(({ sequence }) => sequence);
  }

  #keep(picture: KnownPicture): void {
    this.#kept.delete(picture.sequence);
    this.#kept.set(picture.sequence, picture);
    if (this.#kept.size <= KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

async function readPictures(db: Knex, sequences: number[]): Promise<KnownPicture[]> {
  const { rows } = await db.raw<{ rows: CandidateRow[] }>(
    `select known.*, fingerprint.dihedral, fingerprint.evidence
     from (
       select sequence, sha256, analyser_version, null::uuid as "referenceId", pdq, pdq_quality as quality, descriptor
       from picture_hashes where sequence = any(cast(:sequences as bigint[]))
       union all
       select sequence, sha256, analyser_version, id, pdq, pdq_quality, descriptor
       from reference_images where sequence = any(cast(:sequences as bigint[]))
     ) known
     left join picture_fingerprints fingerprint
       on fingerprint.sha256 = known.sha256 and fingerprint.analyser_version = known.analyser_version`,
    { sequences },
  );
  return rows.map((row) => ({
    ...row,
    pdq: alone(row.pdq),
    descriptor: row.descriptor && asDescriptor(row.descriptor),
    dihedral: row.dihedral && alone(row.dihedral),
    evidence: row.evidence && alone(row.evidence),
  }));
}

/** In memory of its own: a small Buffer is a window on a slab, which would be kept, and sent to a thread, as a whole. */
export const alone = (bytes: Uint8Array) => new Uint8Array(bytes);

/** As signed values, in memory of their own. */
export const asDescriptor = (bytes: Uint8Array) => new Int8Array(alone(bytes).buffer);
