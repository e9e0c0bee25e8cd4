import { duplicateScore, UNRELATED_DISTANCE } from './duplicate-score.js';
import { HammingIndex } from './hamming-index.js';

export interface KnownPicture {
  id: string;
  /** Lowercase hex; null where only the hash is known. */
  sha256: string | null;
  /** 32 bytes; null where the picture could not be decoded. */
  pdq: Uint8Array | null;
  /** 0…100, as the analysis has it. */
  quality: number;
}

export interface Match {
  id: string;
  /** `exact`: the same bytes. `near`: looks alike. */
  relation: 'exact' | 'near';
  /** Above 0.5; 1 for the same bytes alone. */
  score: number;
}

/** Below this a hash says too little to tell pictures apart. */
const LEAST_QUALITY = 50;

/**
 * Finds the best match of a picture among all that were added, in memory. Pictures of too little structure (flat ones,
 * gradients, glows, stripes: hash quality below 50) match by the same bytes only, since those of a kind share a hash
 * whatever their colours; the hash sees brightness alone, so a clear-cut figure matches itself in another colour.
 * Matching is symmetric: where A's best match is B, B's best match scores at least as high.
 */
export class Matcher {
  readonly #ids = new Set<string>();
  readonly #index = new HammingIndex();
  readonly #idsByPosition: string[] = [];
  readonly #idsBySha256 = new Map<string, string[]>();

  /** Pictures known. */
  get size(): number {
    return this.#ids.size;
  }

  /** Adding a picture again changes nothing; its own matches may be asked for before or after. */
  add(picture: KnownPicture): void {
    if (this.#ids.has(picture.id)) return;
    this.#ids.add(picture.id);
    if (picture.sha256 !== null) {
      const sameBytes = this.#idsBySha256.get(picture.sha256);
      if (sameBytes) sameBytes.push(picture.id);
      else this.#idsBySha256.set(picture.sha256, [picture.id]);
    }
    if (picture.pdq && picture.quality >= LEAST_QUALITY) {
      this.#idsByPosition[this.#index.add(picture.pdq)] = picture.id;
    }
  }

  /** The best match other than the picture itself, the first added of equals; null where everything is unrelated. */
  bestMatch(picture: KnownPicture): Match | null {
    const sameBytes = picture.sha256 === null ? [] : (this.#idsBySha256.get(picture.sha256) ?? []);
    const twin = sameBytes.find((id) => id !== picture.id);
    if (twin !== undefined) return { id: twin, relation: 'exact', score: 1 };
    if (!picture.pdq || picture.quality < LEAST_QUALITY) return null;

    const isOther = (position: number) => this.#idsByPosition[position] !== picture.id;
    const nearest = this.#index.nearest(picture.pdq, UNRELATED_DISTANCE - 1, isOther);
    if (!nearest) return null;
    return { id: this.#idsByPosition[nearest.position]!, relation: 'near', score: duplicateScore(nearest.distance) };
  }
}
