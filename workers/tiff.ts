const EXIF_IFD_POINTER = 0x8769;
const MOST_ENTRIES = 200;
const MOST_BYTES = 64 * 1024;

export const TIFF_TYPE = { ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;

export interface TiffEntry {
  tag: number;
  type: number;
  count: number;
  /** Offset of the four bytes that hold the value or point to it. */
  valueAt: number;
}

/**
 * A TIFF structure as EXIF (CIPA DC-008) uses it. Nothing malformed throws: values outside the structure are empty or 0,
 * directories that point nowhere have no entries, endless counts are cut.
 */
export class Tiff {
  readonly #bytes: Buffer;
  readonly #littleEndian: boolean;
  /** Of the main and the Exif directory. */
  readonly entries: readonly TiffEntry[];

  constructor(bytes: Buffer) {
    const byteOrder = bytes.toString('latin1', 0, 2);
    const isTiff = bytes.length >= 8 && (byteOrder === 'II' || byteOrder === 'MM');
    this.#bytes = isTiff ? bytes : Buffer.alloc(0);
    this.#littleEndian = byteOrder === 'II';
    const main = this.#directory(this.#uint32(4));
    const pointer = main.find((entry) => entry.tag === EXIF_IFD_POINTER);
    this.entries = pointer ? [...main, ...this.#directory(this.#uint32(pointer.valueAt))] : main;
  }

  find(tag: number): TiffEntry | undefined {
    return this.entries.find((entry) => entry.tag === tag);
  }

  /** The value of a text or of undefined bytes, at most 64 KiB. */
  bytes(entry: TiffEntry): Buffer {
    if (entry.type !== TIFF_TYPE.ascii && entry.type !== TIFF_TYPE.undefined) return Buffer.alloc(0);
    const start = entry.count <= 4 ? entry.valueAt : this.#uint32(entry.valueAt);
    return this.#bytes.subarray(start, start + Math.min(entry.count, MOST_BYTES));
  }

  text(tag: number): string {
    const entry = this.find(tag);
    return entry ? (this.bytes(entry).toString('latin1').split('\0')[0] ?? '').trim() : '';
  }

  /** The first number of a SHORT, LONG or RATIONAL; NaN where there is none. */
  number(tag: number): number {
    const entry = this.find(tag);
    if (entry?.type === TIFF_TYPE.short) return this.#uint16(entry.valueAt);
    if (entry?.type === TIFF_TYPE.long) return this.#uint32(entry.valueAt);
    if (entry?.type !== TIFF_TYPE.rational) return NaN;
    const at = this.#uint32(entry.valueAt);
    return this.#uint32(at) / this.#uint32(at + 4);
  }

  #directory(at: number): TiffEntry[] {
    const count = Math.min(MOST_ENTRIES, this.#uint16(at));
    return Array.from({ length: count }, (_, index) => {
      const entryAt = at + 2 + index * 12;
      return {
        tag: this.#uint16(entryAt),
        type: this.#uint16(entryAt + 2),
        count: this.#uint32(entryAt + 4),
        valueAt: entryAt + 8,
      };
    });
  }

  /** Beyond the end everything is 0. */
  #uint16(at: number): number {
    if (at + 2 > this.#bytes.length) return 0;
    return this.#littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  #uint32(at: number): number {
    if (at + 4 > this.#bytes.length) return 0;
    return this.#littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }
}
