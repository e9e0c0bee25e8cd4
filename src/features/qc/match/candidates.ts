import type { Knex } from 'knex';
import { FingerprintArena } from '../../../../workers/match/fingerprint-arena.js';
import { copyNumbers, copyOut } from './binary-copy.js';

/** A picture that another may be a copy of. */
export interface KnownPicture {
  /** Where its fingerprint lies in the arena it was read into. */
  at: number;
  /** Null where only the hash is known. */
  sha256: Buffer | null;
  /** Null for somebody's upload. */
  referenceId: string | null;
}

/** Sequence numbers of pictures. */
export interface Wanted {
  uploads: number[];
  references: number[];
}

/** Fingerprints that are in memory together, at some 9 kB each: as many queries, or as many candidates. */
export const ARENA_FINGERPRINTS = 128;
/** Arenas that are kept for the next: what two batches in hand need. */
const KEPT_ARENAS = 4;

/** Reads fingerprints from the database into memory that threads share, of which there are a few pieces in turn. */
export class CandidateReader {
  readonly #free: FingerprintArena[] = [];

  /** Lends an arena. `work` must not be done before every thread is done with it. */
  async withArena<Result>(work: (arena: FingerprintArena) => Promise<Result>): Promise<Result> {
    const arena = this.#free.pop() ?? new FingerprintArena(ARENA_FINGERPRINTS);
    arena.clear();
    try {
      return await work(arena);
    } finally {
      if (this.#free.length < KEPT_ARENAS) this.#free.push(arena);
    }
  }

  /**
   * Puts what is known of the pictures that bear these sequence numbers into an arena. Pictures that nobody has any more are
   * left out.
   * @returns them by their numbers.
   */
  async read(db: Knex, arena: FingerprintArena, { uploads, references }: Wanted): Promise<Map<number, KnownPicture>> {
    const found = new Map<number, KnownPicture>();
    const sources = [
      ...(uploads.length > 0 ? [ofUploads(uploads)] : []),
      ...(references.length > 0 ? [ofReferences(references)] : []),
    ];
    if (sources.length === 0) return found;
    await copyOut(
      db,
      `select known.*, fingerprint.evidence from (${sources.join(' union all ')}) known
       left join picture_fingerprints fingerprint
         on fingerprint.sha256 = known.sha256 and fingerprint.analyser_version = known.analyser_version`,
      (row) => {
        const sha256 = row.bytes(1);
        found.set(row.integer(0), {
          at: arena.add({
            pdq: row.bytes(4)!,
            quality: row.integer(5),
            descriptor: row.bytes(6),
            evidence: row.bytes(7),
          }),
          sha256: sha256 && Buffer.from(sha256),
          referenceId: row.bytes(3)?.toString('utf8') ?? null,
        });
      },
    );
    return found;
  }
}

const ofUploads = (sequences: number[]) =>
  `select sequence, sha256, analyser_version, null::text as reference_id, pdq, pdq_quality, descriptor
   from picture_hashes hash
   where sequence = any(${copyNumbers(sequences)}) and exists (
     select from images where images.sha256 = hash.sha256 and images.owner_id = hash.owner_id)`;

const ofReferences = (sequences: number[]) =>
  `select sequence, sha256, analyser_version, cast(id as text), pdq, pdq_quality, descriptor
   from reference_images where sequence = any(${copyNumbers(sequences)})`;

/** In memory of its own: a small Buffer is a window on a slab, which would be kept as a whole. */
export const alone = (bytes: Uint8Array) => new Uint8Array(bytes);
