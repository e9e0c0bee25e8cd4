const WORDS = 8;
const BYTES = WORDS * 4;
const FIRST_CAPACITY = 1024;

export interface Neighbour {
  /** What `add` returned. */
  position: number;
  /** Bits that differ, 0…256. */
  distance: number;
}

/**
 * A growing set of 256-bit hashes, 32 bytes each, searched exactly by Hamming distance: one scan that leaves a hash as
 * soon as it is farther than the best so far.
 */
export class HammingIndex {
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns its position, counted from 0 in order of adding. @throws {RangeError} unless the hash has 32 bytes. */
  add(hash: Uint8Array): number {
    if ((this.#size + 1) * WORDS > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words.set(wordsOf(hash), this.#size * WORDS);
    return this.#size++;
  }

  /**
   * The nearest hash within `maxDistance` bits, the first added of several; null where there is none.
   * @param isCandidate asked about a position only once it would be the nearest.
   * @throws {RangeError} unless the hash has 32 bytes.
   */
  nearest(hash: Uint8Array, maxDistance: number, isCandidate = (_position: number) => true): Neighbour | null {
    const words = this.#words;
    const query = wordsOf(hash);
    let nearest: Neighbour | null = null;
    let limit = maxDistance + 1;
    for (let position = 0, at = 0; position < this.#size; position++, at += WORDS) {
      let distance = 0;
      for (let i = 0; i < WORDS && distance < limit; i += 2) {
        distance += bitsOf(words[at + i]! ^ query[i]!, words[at + i + 1]! ^ query[i + 1]!);
      }
      if (distance < limit && isCandidate(position)) {
        nearest = { position, distance };
        limit = distance;
      }
    }
    return nearest;
  }
}

function wordsOf(hash: Uint8Array): Uint32Array {
  if (hash.length !== BYTES) throw new RangeError(`A hash has ${BYTES} bytes, not ${hash.length}`);
  return new Uint32Array(Uint8Array.from(hash).buffer);
}

/** Bits set in two words: summed in parallel within the words (Warren, "Hacker's Delight", 5-1), joined halfway. */
function bitsOf(first: number, second: number): number {
  let a = first - ((first >>> 1) & 0x55555555);
  let b = second - ((second >>> 1) & 0x55555555);
  a = (a & 0x33333333) + ((a >>> 2) & 0x33333333);
  b = (b & 0x33333333) + ((b >>> 2) & 0x33333333);
  a += b;
  a = (a & 0x0f0f0f0f) + ((a >>> 4) & 0x0f0f0f0f);
  return Math.imul(a, 0x01010101) >>> 24;
}
