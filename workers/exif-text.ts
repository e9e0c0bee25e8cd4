/** The text tags of EXIF (CIPA DC-008) that generators are known to write. */
const TEXT_TAGS = new Map([
  [0x000b, 'ProcessingSoftware'],
  [0x010e, 'ImageDescription'],
  [0x010f, 'Make'],
  [0x0110, 'Model'],
  [0x0131, 'Software'],
  [0x013b, 'Artist'],
  [0x9286, 'UserComment'],
]);
const EXIF_IFD_POINTER = 0x8769;
const ASCII = 2;
const UNDEFINED = 7;
const MOST_ENTRIES = 200;
const MOST_TEXT = 64 * 1024;

export interface ExifText {
  tag: string;
  text: string;
}

/**
 * Reads the text tags of the main and the Exif directory of a TIFF structure. Anything malformed is passed over: values
 * outside the structure, directories that point nowhere, endless counts.
 */
export function readExifTexts(tiff: Buffer): ExifText[] {
  const byteOrder = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (byteOrder !== 'II' && byteOrder !== 'MM')) return [];
  const reader = new TiffReader(tiff, byteOrder === 'II');
  const main = reader.entries(reader.uint32(4));
  const pointer = main.find((entry) => entry.tag === EXIF_IFD_POINTER);
  const entries = pointer ? [...main, ...reader.entries(reader.uint32(pointer.valueAt))] : main;
  return entries.flatMap((entry) => {
    const tag = TEXT_TAGS.get(entry.tag);
    return tag === undefined ? [] : [{ tag, text: reader.text(entry) }];
  });
}

interface Entry {
  tag: number;
  type: number;
  count: number;
  /** Offset of the four bytes that hold the value or point to it. */
  valueAt: number;
}

class TiffReader {
  constructor(
    private readonly bytes: Buffer,
    private readonly littleEndian: boolean,
  ) {}

  /** Beyond the end everything is 0. */
  uint16(at: number): number {
    if (at + 2 > this.bytes.length) return 0;
    return this.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  uint32(at: number): number {
    if (at + 4 > this.bytes.length) return 0;
    return this.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  entries(directoryAt: number): Entry[] {
    const count = Math.min(MOST_ENTRIES, this.uint16(directoryAt));
    return Array.from({ length: count }, (_, index) => {
      const at = directoryAt + 2 + index * 12;
      return { tag: this.uint16(at), type: this.uint16(at + 2), count: this.uint32(at + 4), valueAt: at + 8 };
    });
  }

  text(entry: Entry): string {
    if (entry.type !== ASCII && entry.type !== UNDEFINED) return '';
    const start = entry.count <= 4 ? entry.valueAt : this.uint32(entry.valueAt);
    const value = this.bytes.subarray(start, start + Math.min(entry.count, MOST_TEXT));
    return entry.type === UNDEFINED ? decodeComment(value) : value.toString('utf8');
  }
}

/** A comment starts with eight bytes that name its encoding. UTF-16 comes in either byte order, whatever the file's. */
function decodeComment(value: Buffer): string {
  const body = value.subarray(8);
  if (value.toString('latin1', 0, 7) !== 'UNICODE') return body.toString('utf8');
  const bigEndian = body[0] === 0;
  return new TextDecoder(bigEndian ? 'utf-16be' : 'utf-16le').decode(body);
}
