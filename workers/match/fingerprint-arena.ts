import { DESCRIPTOR_LENGTH } from '../fingerprint/descriptor.js';
import { DIHEDRAL_BYTES, HASH_BYTES } from '../perceptual-hash.js';
import type { KnownFingerprint } from './pair-match.js';

/** Where the parts of an entry lie in it, bytes; the evidence comes last. */
const LENGTH = 0;
const PARTS = 4;
const QUALITY = 5;
const PDQ = 8;
const DESCRIPTOR = PDQ + HASH_BYTES;
const DIHEDRAL = DESCRIPTOR + DESCRIPTOR_LENGTH;
const EVIDENCE = DIHEDRAL + DIHEDRAL_BYTES;
const HAS_QUALITY = 1;
const HAS_DESCRIPTOR = 2;
const HAS_DIHEDRAL = 4;
const HAS_EVIDENCE = 8;
/** Evidence of 255 features; what is longer is of a version not known here, which nothing is read of. */
const LONGEST_EVIDENCE = 16_000;
/** Room that any fingerprint has enough of. */
export const ENTRY_BYTES = EVIDENCE + LONGEST_EVIDENCE;

/** A fingerprint to put into an arena; `Int8Array` or bytes. */
export interface StorableFingerprint extends Omit<KnownFingerprint, 'descriptor'> {
  descriptor?: Int8Array | Uint8Array | null;
}

/**
 * Fingerprints one behind the other in memory that threads share: to compare them they are read where they lie, and a
 * message names them by where that is. Used over and over; whoever fills it knows that nobody reads it any more.
 */
export class FingerprintArena {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end = 0;

  /** @param capacity fingerprints that have room in any case; pages of memory are taken as they are needed. */
  constructor(capacity: number) {
    this.memory = new SharedArrayBuffer(capacity * ENTRY_BYTES);
    this.#bytes = new Uint8Array(this.memory);
    this.#view = new DataView(this.memory);
  }

  clear(): void {
    this.#end = 0;
  }

  /** @returns where it lies. @throws {RangeError} where there is no room, or hash or descriptor have a wrong length. */
  add({ pdq, quality, descriptor, dihedral, evidence }: StorableFingerprint): number {
    const at = this.#end;
    const kept = evidence && evidence.length > LONGEST_EVIDENCE ? NOTHING : evidence;
    const length = kept?.length ?? 0;
    if (at + EVIDENCE + length > this.#bytes.length) throw new RangeError('There is no room for a further fingerprint');
    this.#view.setUint32(at + LENGTH, length);
    this.#view.setUint8(
      at + PARTS,
      (typeof quality === 'number' ? HAS_QUALITY : 0) |
        (descriptor ? HAS_DESCRIPTOR : 0) |
        (dihedral ? HAS_DIHEDRAL : 0) |
        (kept ? HAS_EVIDENCE : 0),
    );
    this.#view.setUint8(at + QUALITY, quality ?? 0);
    this.#put(at + PDQ, pdq, HASH_BYTES);
    if (descriptor) this.#put(at + DESCRIPTOR, descriptor, DESCRIPTOR_LENGTH);
    if (dihedral) this.#put(at + DIHEDRAL, dihedral, DIHEDRAL_BYTES);
    if (kept) this.#bytes.set(kept, at + EVIDENCE);
    // On a multiple of eight, so that any array can be laid over it.
    this.#end = (at + EVIDENCE + length + 7) & ~7;
    return at;
  }

  #put(at: number, values: Uint8Array | Int8Array, length: number): void {
    if (values.length !== length) throw new RangeError(`There must be ${length} bytes, not ${values.length}`);
    this.#bytes.set(values, at);
  }
}

const NOTHING = new Uint8Array(0);

/** The fingerprint that lies there, as views on the memory. */
export function openFingerprint(memory: SharedArrayBuffer, at: number): KnownFingerprint {
  const header = new DataView(memory, at, PDQ);
  const parts = header.getUint8(PARTS);
  const bytes = (start: number, length: number) => new Uint8Array(memory, at + start, length);
  return {
    pdq: bytes(PDQ, HASH_BYTES),
    quality: parts & HAS_QUALITY ? header.getUint8(QUALITY) : null,
    descriptor: parts & HAS_DESCRIPTOR ? new Int8Array(memory, at + DESCRIPTOR, DESCRIPTOR_LENGTH) : null,
    dihedral: parts & HAS_DIHEDRAL ? bytes(DIHEDRAL, DIHEDRAL_BYTES) : null,
    evidence: parts & HAS_EVIDENCE ? bytes(EVIDENCE, header.getUint32(LENGTH)) : null,
  };
}
