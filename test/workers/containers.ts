/** Puts marker segments directly behind a JPEG's start. */
export function insertJpegSegments(jpeg: Buffer, segments: readonly { marker: number; data: Buffer }[]): Buffer {
  const inserted = segments.map(({ marker, data }) => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([head, data]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...inserted, jpeg.subarray(2)]);
}

/** Appends chunks to a WebP and corrects its length. */
export function appendWebpChunks(webp: Buffer, chunks: readonly { type: string; data: Buffer }[]): Buffer {
  const appended = chunks.map(({ type, data }) => {
    const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  });
  const whole = Buffer.concat([webp, ...appended]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

export type ExifTag = 'ImageDescription' | 'Make' | 'Software' | 'Artist' | 'UserComment';

const mainTags: Partial<Record<ExifTag, number>> = {
  ImageDescription: 0x010e,
  Make: 0x010f,
  Software: 0x0131,
  Artist: 0x013b,
};

/** A TIFF structure with text tags; the comment lies in the Exif directory. */
export function tiffWith(tags: Partial<Record<ExifTag, string | Buffer>>, littleEndian = false): Buffer {
  const main: Entry[] = [];
  const exif: Entry[] = [];
  for (const [tag, value] of Object.entries(tags) as [ExifTag, string | Buffer][]) {
    const number = mainTags[tag];
    if (number === undefined) exif.push({ tag: 0x9286, type: 7, value: Buffer.from(value) });
    else main.push({ tag: number, type: 2, value: Buffer.from(`${value.toString()}\0`) });
  }
  return new TiffWriter(littleEndian).write(main, exif);
}

interface Entry {
  tag: number;
  type: number;
  value: Buffer;
}

const HEADER_LENGTH = 8;
const directoryLength = (entries: number) => 2 + entries * 12 + 4;

class TiffWriter {
  constructor(private readonly littleEndian: boolean) {}

  write(main: Entry[], exif: Entry[]): Buffer {
    const exifAt = HEADER_LENGTH + directoryLength(main.length + 1);
    const valuesAt = exifAt + directoryLength(exif.length);
    const mainValues = lengthOf(main);
    const pointer = this.entry(0x8769, 4, 1, exifAt);
    return Buffer.concat([
      Buffer.from(this.littleEndian ? 'II' : 'MM'),
      this.uint16(42),
      this.uint32(HEADER_LENGTH),
      this.directory([...this.entries(main, valuesAt), pointer]),
      this.directory(this.entries(exif, valuesAt + mainValues)),
      ...[...main, ...exif].map(({ value }) => value),
    ]);
  }

  private entries(entries: Entry[], valuesAt: number): Buffer[] {
    return entries.map(({ tag, type, value }, index) => {
      return this.entry(tag, type, value.length, valuesAt + lengthOf(entries.slice(0, index)));
    });
  }

  private directory(entries: Buffer[]): Buffer {
    return Buffer.concat([this.uint16(entries.length), ...entries, this.uint32(0)]);
  }

  private entry(tag: number, type: number, count: number, value: number): Buffer {
    return Buffer.concat([this.uint16(tag), this.uint16(type), this.uint32(count), this.uint32(value)]);
  }

  private uint16(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    return this.littleEndian ? (bytes.writeUInt16LE(value), bytes) : (bytes.writeUInt16BE(value), bytes);
  }

  private uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    return this.littleEndian ? (bytes.writeUInt32LE(value), bytes) : (bytes.writeUInt32BE(value), bytes);
  }
}

const lengthOf = (entries: Entry[]) => entries.reduce((sum, { value }) => sum + value.length, 0);

/** What a C2PA manifest store holds of interest: CBOR maps of text, within bytes of other kinds. */
export function c2paStore(claims: Record<string, string>): Buffer {
  const pairs = Object.entries(claims).flatMap(([key, value]) => [cborText(key), cborText(value)]);
  return Buffer.concat([
    Buffer.from('\0\0\x10\0jumb\0\0\0\x1ejumdc2pa', 'latin1'),
    Buffer.alloc(3000, 0xa5),
    ...pairs,
    Buffer.alloc(500, 0x5a),
  ]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(bytes.length < 24 ? [0x60 + bytes.length] : [0x78, bytes.length]), bytes]);
}

/** Cuts a manifest store into the packets that a JPEG carries it in. */
export function jumbfPackets(store: Buffer, size: number): Buffer[] {
  const boxHead = store.subarray(0, 8);
  const packets: Buffer[] = [];
  for (let at = 8; at < store.length; at += size) {
    const packetHead = Buffer.from('JP\0\x01\0\0\0\0', 'latin1');
    packetHead.writeUInt32BE(packets.length + 1, 4);
    packets.push(Buffer.concat([packetHead, boxHead, store.subarray(at, at + size)]));
  }
  return packets;
}
