import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Knex } from 'knex';
import { LocalIndex, type SharedLocalFeatures } from '../../../../workers/match/local-index.js';
import type { PartsPlace, PartsRange } from '../../../../workers/match/match-task.js';
import { copyLiteral, copyOut } from './binary-copy.js';

/** Pictures of one generation; two are kept, at about 2.6 kB a picture. */
const GENERATION = 8192;
/** Owners whose pictures are kept at hand: as many as a process works for at a time. */
const OWNERS = 2;
const PAGE = 256;

interface Generation {
  index: LocalIndex;
  /** Of each position, rising. */
  sequences: number[];
}

/** Which pictures one is sought among: by sequence numbers, the ends not among them. */
export interface PartsReach {
  uploadsAfter: number;
  uploadsBefore: number;
  referencesAfter: number;
}

/** The last sequence numbers that are known: of the owner, and of the references. */
export interface PartsNewest {
  owner: number;
  references: number;
}

/** Where pictures are sought that share parts with others. */
export interface PartsSearch {
  indices: SharedLocalFeatures[];
  rangesOf(reach: PartsReach): PartsRange[];
  pictureAt(place: PartsPlace): { sequence: number; isReference: boolean };
}

/**
 * Pictures that show parts of each other (screenshots, pasted-in copies, strong crops), which no hash of the whole
 * finds, are sought among the newest of an owner's pictures, and of the references, some ten thousand each.
 */
export class PartsMemory {
  /** By owner, the one asked for last at the end; `null` are the references. */
  readonly #recent = new Map<string | null, RecentParts>();

  /** @param newest what was known when the search began. */
  async open(db: Knex, ownerId: string, newest: PartsNewest): Promise<PartsSearch> {
    const own = this.#of(ownerId);
    const references = this.#of(null);
    await own.catchUp(db, newest.owner);
    await references.catchUp(db, newest.references);
    const ofOwner = own.generations;
    const generations = [...ofOwner, ...references.generations];
    return {
      indices: generations.map(({ index }) => index.shared),
      rangesOf: (reach) =>
        generations.flatMap((generation, index): PartsRange[] => {
          const isOwn = index < ofOwner.length;
          const from = placeAfter(generation, isOwn ? reach.uploadsAfter : reach.referencesAfter);
          const below = placeAfter(generation, isOwn ? reach.uploadsBefore - 1 : Infinity);
          return from < below ? [{ index, from, below }] : [];
        }),
      pictureAt: ({ index, position }) => ({
        sequence: generations[index]!.sequences[position]!,
        isReference: index >= ofOwner.length,
      }),
    };
  }

  #of(ownerId: string | null): RecentParts {
    const parts = this.#recent.get(ownerId) ?? new RecentParts(ownerId);
    this.#recent.delete(ownerId);
    this.#recent.set(ownerId, parts);
    const [leastRecent] = [...this.#recent.keys()].filter((key) => key !== null);
    if (this.#recent.size > OWNERS + 1 && leastRecent !== undefined) this.#recent.delete(leastRecent);
    return parts;
  }
}

/** The newest pictures of one owner: when a generation is full, the one before it goes. */
class RecentParts {
  readonly #ownerId: string | null;
  #older: Generation | null = null;
  #newer = emptyGeneration();
  /** Null before the first reading. */
  #lastSequence: number | null = null;
  #catchingUp: Promise<unknown> = Promise.resolve();

  constructor(ownerId: string | null) {
    this.#ownerId = ownerId;
  }

  /** Reads what is new, where there is something up to that number. */
  catchUp(db: Knex, newest: number): Promise<void> {
    const turn = this.#catchingUp.then(() => this.#read(db, newest));
    this.#catchingUp = turn.catch(() => undefined);
    return turn;
  }

  get generations(): Generation[] {
    return this.#older ? [this.#older, this.#newer] : [this.#newer];
  }

  async #read(db: Knex, newest: number): Promise<void> {
    if (this.#lastSequence !== null && this.#lastSequence >= newest) return;
    this.#lastSequence ??= await this.#start(db);
    for (;;) {
      let read = 0;
      await copyOut(db, this.#pageAfter(this.#lastSequence), (row) => {
        const sequence = row.integer(0);
        const evidence = row.bytes(1);
        if (evidence) this.#append(sequence, evidence);
        this.#lastSequence = sequence;
        read += 1;
      });
      if (read < PAGE) return;
      await nextTurn();
    }
  }

  /** What lies more than a generation back is not worth reading. */
  async #start(db: Knex): Promise<number> {
    const row: { sequence: number } | undefined = await (
      this.#ownerId === null
        ? db('reference_images').whereNotNull('sha256')
        : db('picture_hashes').where('owner_id', this.#ownerId)
    )
      .orderBy('sequence', 'desc')
      .offset(GENERATION)
      .first('sequence');
    return row?.sequence ?? 0;
  }

  #pageAfter(sequence: number): string {
    const known =
      this.#ownerId === null
        ? 'reference_images known where known.sha256 is not null'
        : `picture_hashes known where known.owner_id = ${copyLiteral(this.#ownerId)}`;
    return `select page.sequence, fingerprint.evidence from (
              select sequence, sha256, analyser_version from ${known} and sequence > ${sequence}
              order by sequence limit ${PAGE}) page
            left join picture_fingerprints fingerprint
              on fingerprint.sha256 = page.sha256 and fingerprint.analyser_version = page.analyser_version
            order by page.sequence`;
  }

  #append(sequence: number, evidence: Uint8Array): void {
    if (this.#newer.index.isFull) {
      this.#older = this.#newer;
      this.#newer = emptyGeneration();
    }
    this.#newer.index.append(evidence);
    this.#newer.sequences.push(sequence);
  }
}

/** How many places bear a sequence number up to this one. */
function placeAfter({ sequences }: Generation, sequence: number): number {
  let [low, high] = [0, sequences.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sequences[middle]! <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

function emptyGeneration(): Generation {
  return { index: LocalIndex.create({ capacity: GENERATION }), sequences: [] };
}
