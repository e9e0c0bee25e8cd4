import { crc32 } from 'node:zlib';
import type { ByteReader, Reading } from './byte-reader.js';
import { animated, corrupt } from './rejection.js';
import { refuseTrailingData } from './trailer.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_LENGTH = 2 ** 31 - 1;
const HEADER_LENGTH = 13;
const DEPTHS_BY_COLOUR_TYPE: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

export const isPng = (magic: Buffer) => magic.subarray(0, SIGNATURE.length).equals(SIGNATURE);

/**
 * Walks the chunks of a PNG (W3C PNG, third edition) without inflating any: order, lengths, and the checksums of
 * critical chunks. Calls `found` with the picture's size as soon as it is known.
 */
export function* walkPng(reader: ByteReader, found: (width: number, height: number) => void): Reading<void> {
  yield* reader.skip(SIGNATURE.length);
  yield* readHeader(reader, found);
  let pixels: 'none' | 'running' | 'over' = 'none';
  for (;;) {
    const { type, typeCode, length } = yield* readChunkStart(reader);
    if (type === 'fdAT') throw animated();
    if (type === 'acTL') {
      yield* refuseSecondFrame(reader, typeCode, length);
      continue;
    }
    if (type === 'IEND') {
      if (length !== 0 || pixels === 'none') throw corrupt('PNG');
      yield* skipBody(reader, typeCode, length);
      return yield* refuseTrailingData(reader);
    }
    if (type === 'IDAT') {
      if (pixels === 'over') throw corrupt('PNG');
      pixels = 'running';
    } else {
      if (pixels === 'running') pixels = 'over';
      if (isCritical(typeCode) && (type !== 'PLTE' || pixels !== 'none')) throw corrupt('PNG');
    }
    yield* skipBody(reader, typeCode, length);
  }
}

function* readHeader(reader: ByteReader, found: (width: number, height: number) => void): Reading<void> {
  const { type, typeCode, length } = yield* readChunkStart(reader);
  if (type !== 'IHDR' || length !== HEADER_LENGTH) throw corrupt('PNG');
  const header = yield* takeBody(reader, typeCode, length);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colourType, compression, filter, interlace] = header.subarray(8);
  const known =
    depth !== undefined &&
    colourType !== undefined &&
    DEPTHS_BY_COLOUR_TYPE[colourType]?.includes(depth) &&
    compression === 0 &&
    filter === 0 &&
    (interlace === 0 || interlace === 1);
  if (!known || width === 0 || height === 0 || width > MAX_LENGTH || height > MAX_LENGTH) throw corrupt('PNG');
  found(width, height);
}

/** An animation control chunk of a single frame describes a still picture. */
function* refuseSecondFrame(reader: ByteReader, typeCode: Buffer, length: number): Reading<void> {
  if (length !== 8) throw corrupt('PNG');
  const control = yield* takeBody(reader, typeCode, length);
  if (control.readUInt32BE(0) !== 1) throw animated();
}

function* readChunkStart(reader: ByteReader) {
  const length = (yield* reader.take(4)).readUInt32BE(0);
  const typeCode = yield* reader.take(4);
  const type = typeCode.toString('latin1');
  if (length > MAX_LENGTH || !/^[A-Za-z]{4}$/.test(type)) throw corrupt('PNG');
  return { type, typeCode, length };
}

function* takeBody(reader: ByteReader, typeCode: Buffer, length: number): Reading<Buffer> {
  const body = yield* reader.take(length);
  const checksum = (yield* reader.take(4)).readUInt32BE(0);
  if (crc32(body, crc32(typeCode)) !== checksum) throw corrupt('PNG');
  return body;
}

/** Like decoders, we forgive a wrong checksum where the chunk is not needed to show the picture. */
function* skipBody(reader: ByteReader, typeCode: Buffer, length: number): Reading<void> {
  if (!isCritical(typeCode)) return yield* reader.skip(length + 4);
  let sum = crc32(typeCode);
  yield* reader.skip(length, (piece) => (sum = crc32(piece, sum)));
  if ((yield* reader.take(4)).readUInt32BE(0) !== sum) throw corrupt('PNG');
}

/** Bit 5 of a chunk type's first byte, the case of its first letter, tells. */
function isCritical(typeCode: Buffer): boolean {
  return ((typeCode[0] ?? 0) & 0x20) === 0;
}
