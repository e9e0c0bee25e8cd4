import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Knex } from 'knex';
import { LocalIndex } from '../../../../workers/match/local-index.js';
import type { PartsPlace, PartsRange, PartsTask } from '../../../../workers/match/match-task.js';

/** Pictures of one generation; two are kept, at about 2.6 kB a picture. */
const GENERATION = 8192;
/** Owners whose pictures are kept at hand: as many as a process works for at a time. */
const OWNERS = 2;
const PAGE = 256;
/** So many pictures that share parts with a query are compared with it. */
const MOST_CANDIDATES = 20;

interface Generation {
  index: LocalIndex;
  /** Of each position, rising. */
  sequences: number[];
}

/** What a picture is sought by, and which pictures it is sought among: by sequence numbers, the ends not among them. */
export interface PartsQuery {
  evidence: Uint8Array;
  reach: { uploadsAfter: number; uploadsBefore: number; referencesAfter: number };
}

interface PartsGround {
  db: Knex;
  pool: { searchParts(task: PartsTask): Promise<PartsPlace[][]> };
}

/**
 * Finds pictures that show parts of each other (screenshots, pasted-in copies, strong crops), which no hash of the whole
 * finds: among the newest of an owner's pictures, and of the references, some ten thousand each.
 */
export class PartsMemory {
  /** By owner, the one asked for last at the end; `null` are the references. */
  readonly #recent = new Map<string | null, RecentParts>();

  /** The sequence numbers of the pictures that share parts with each query. */
  async candidates({ db, pool }: PartsGround, ownerId: string, queries: readonly PartsQuery[]): Promise<number[][]> {
    const own = this.#of(ownerId);
    const references = this.#of(null);
    await own.catchUp(db);
    await references.catchUp(db);
    const generations = [...own.generations, ...references.generations];
    const task: PartsTask = {
      indices: generations.map(({ index }) => index.shared),
      queries: queries.map(({ evidence, reach }) => {
        const ranges = generations.flatMap((generation, index): PartsRange[] => {
          const isOwn = index < own.generations.length;
          const from = placeAfter(generation, isOwn ? reach.uploadsAfter : reach.referencesAfter);
          const below = placeAfter(generation, isOwn ? reach.uploadsBefore - 1 : Infinity);
          return from < below ? [{ index, from, below }] : [];
        });
        return { evidence, ranges };
      }),
      limit: MOST_CANDIDATES,
    };
    const found = await pool.searchParts(task);
    return found.map((places) =>
      places.flatMap(({ index, position }) => generations[index]?.sequences[position] ?? []),
    );
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

  catchUp(db: Knex): Promise<void> {
    const turn = this.#catchingUp.then(() => this.#read(db));
    this.#catchingUp = turn.catch(() => undefined);
    return turn;
  }

  get generations(): Generation[] {
    return this.#older ? [this.#older, this.#newer] : [this.#newer];
  }

  async #read(db: Knex): Promise<void> {
    this.#lastSequence ??= await this.#start(db);
    for (;;) {
      const rows: { sequence: number; evidence: Buffer }[] = await this.#known(db)
        .join('picture_fingerprints as fingerprint', (join) => {
          join.on('fingerprint.sha256', 'known.sha256').andOn('fingerprint.analyser_version', 'known.analyser_version');
        })
        .where('known.sequence', '>', this.#lastSequence)
        .orderBy('known.sequence')
        .limit(PAGE)
        .select('known.sequence', 'fingerprint.evidence');
      for (const { sequence, evidence } of rows) {
        this.#append(sequence, evidence);
        this.#lastSequence = sequence;
      }
      if (rows.length < PAGE) return;
      await nextTurn();
    }
  }

  /** What lies more than a generation back is not worth reading. */
  async #start(db: Knex): Promise<number> {
    const row: { sequence: number } | undefined = await this.#known(db)
      .orderBy('known.sequence', 'desc')
      .offset(GENERATION)
      .first('known.sequence');
    return row?.sequence ?? 0;
  }

  #known(db: Knex): Knex.QueryBuilder {
    return this.#ownerId === null
      ? db('reference_images as known').whereNotNull('known.sha256')
      : db('picture_hashes as known').where('known.owner_id', this.#ownerId);
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
