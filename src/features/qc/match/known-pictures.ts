import type { Knex } from 'knex';
import { FingerprintIndex } from '../../../../workers/match/fingerprint-index.js';
import { copyOut } from './binary-copy.js';

const PAGE = 10_000;
const FIRST_CAPACITY = 1024;
/** Address space alone, until there are so many. */
const CAPACITY = 8_000_000;

/**
 * Every picture anybody has uploaded, and every reference, as far as searching goes: one for a process, in memory that
 * its threads share. PostgreSQL is the truth; what is new there is read by its sequence number, and a number that was
 * read has no smaller one still to come.
 */
export class KnownPictures {
  readonly index = FingerprintIndex.create({ capacity: CAPACITY });
  /** The sequence number of each position of the index, rising. */
  #sequences = new Float64Array(FIRST_CAPACITY);
  #lastReference = 0;
  /** What owners are called in the index, by id. */
  readonly #owners = new Map<string, number>();
  /** The sequence number of the last picture known of each owner, by what he is called. */
  readonly #lastOf: number[] = [];
  #catchingUp: Promise<unknown> = Promise.resolve();

  get size(): number {
    return this.index.size;
  }

  /** The sequence number of the last picture known; 0 where there is none. */
  get lastSequence(): number {
    return this.size === 0 ? 0 : this.sequenceOf(this.size - 1);
  }

  /** The sequence number of the last reference known; 0 where there is none. */
  get lastReference(): number {
    return this.#lastReference;
  }

  /** The sequence number of the last picture known of an owner; 0 where there is none. */
  lastOf(ownerId: string): number {
    return this.#lastOf[this.#owners.get(ownerId) ?? 0] ?? 0;
  }

  /** Whether a position is a reference's. */
  isReference(position: number): boolean {
    return this.index.tagsOf(position).reference;
  }

  /**
   * Reads what is new. Everything committed before the call is known after it.
   * @returns the sequence number up to which everything is known.
   */
  catchUp(db: Knex): Promise<number> {
    // One at a time, and never somebody else's that has begun: its snapshot may be older than the caller's commit.
    const turn = this.#catchingUp.then(() => this.#read(db));
    this.#catchingUp = turn.catch(() => undefined);
    return turn;
  }

  sequenceOf(position: number): number {
    return this.#sequences[position]!;
  }

  /** How many positions bear a sequence number up to this one: where the newer begin. */
  positionAfter(sequence: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[middle]! <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What an owner is called in the index. */
  ownerTag(ownerId: string): number {
    const tag = this.#owners.get(ownerId) ?? this.#owners.size + 1;
    this.#owners.set(ownerId, tag);
    return tag;
  }

  async #read(db: Knex): Promise<number> {
    for (;;) {
      const after = this.lastSequence;
      let read = 0;
      await copyOut(
        db,
        `(select sequence, owner_id, pdq, descriptor from picture_hashes
          where sequence > ${after} order by sequence limit ${PAGE})
         union all
         (select sequence, null, pdq, descriptor from reference_images
          where sequence > ${after} order by sequence limit ${PAGE})
         order by sequence limit ${PAGE}`,
        (row) => {
          const owner = row.bytes(1);
          const descriptor = row.bytes(3);
          this.#append(row.integer(0), owner && uuidOf(owner), { pdq: row.bytes(2)!, descriptor });
          read += 1;
        },
      );
      if (read < PAGE) return this.lastSequence;
    }
  }

  #append(sequence: number, ownerId: string | null, print: { pdq: Buffer; descriptor: Buffer | null }): void {
    const { pdq, descriptor } = print;
    const owner = ownerId === null ? 0 : this.ownerTag(ownerId);
    const position = this.index.append({
      pdq,
      descriptor: descriptor && new Int8Array(descriptor.buffer, descriptor.byteOffset, descriptor.length),
      owner,
      request: 0,
      reference: ownerId === null,
    });
    if (position === this.#sequences.length) {
      const larger = new Float64Array(this.#sequences.length * 2);
      larger.set(this.#sequences);
      this.#sequences = larger;
    }
    this.#sequences[position] = sequence;
    if (ownerId === null) this.#lastReference = sequence;
    else this.#lastOf[owner] = sequence;
  }
}

/** As it is written. */
function uuidOf(bytes: Buffer): string {
  const digits = bytes.toString('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}
