import type { ByteReader, Reading } from './byte-reader.js';
import { animated, corrupt } from './rejection.js';
import { refuseTrailingData } from './trailer.js';

const ANIMATION_FLAG = 0x02;
const LOSSY_START_CODE = Buffer.from([0x9d, 0x01, 0x2a]);
const LOSSLESS_SIGNATURE = 0x2f;

type Size = readonly [width: number, height: number];

export const isWebp = (magic: Buffer) =>
  magic.toString('latin1', 0, 4) === 'RIFF' && magic.toString('latin1', 8, 12) === 'WEBP';

/**
 * Walks the chunks of a WebP (RFC 9649), simple or extended, lossy or lossless.
 * Calls `found` with the picture's size as soon as it is known.
 */
export function* walkWebp(reader: ByteReader, found: (width: number, height: number) => void): Reading<void> {
  let left = (yield* reader.take(12)).readUInt32LE(4) - 4;
  let canvas: Size | undefined;
  let picture: Size | undefined;
  while (left > 0) {
    if (left < 8) throw corrupt('WebP');
    const { type, length } = yield* readChunkStart(reader);
    left -= 8;
    if (length > left) throw corrupt('WebP');
    const padding = left > length ? length % 2 : 0;
    left -= length + padding;

    if (type === 'ANIM' || type === 'ANMF') throw animated();
    const parse = headerParsers[type];
    if (!parse) {
      if (!canvas && !picture) throw corrupt('WebP');
      yield* reader.skip(length + padding);
      continue;
    }
    if (picture || (canvas && type === 'VP8X') || length < parse.length) throw corrupt('WebP');
    const size = parse.size(yield* reader.take(parse.length));
    if (canvas && (canvas[0] !== size[0] || canvas[1] !== size[1])) throw corrupt('WebP');
    if (type === 'VP8X') canvas = size;
    else picture = size;
    found(...size);
    yield* reader.skip(length - parse.length + padding);
  }
  if (!picture) throw corrupt('WebP');
  yield* refuseTrailingData(reader);
}

function* readChunkStart(reader: ByteReader) {
  const start = yield* reader.take(8);
  return { type: start.toString('latin1', 0, 4), length: start.readUInt32LE(4) };
}

/** For each kind of chunk that tells the size: how many of its bytes do. */
const headerParsers: Partial<Record<string, { length: number; size: (header: Buffer) => Size }>> = {
  'VP8 ': { length: 10, size: lossySize },
  VP8L: { length: 5, size: losslessSize },
  VP8X: { length: 10, size: canvasSize },
};

/** RFC 6386, section 9.1: a key frame's tag, start code, then 14 bits each. */
function lossySize(header: Buffer): Size {
  const keyFrame = ((header[0] ?? 1) & 1) === 0;
  const [width, height] = [header.readUInt16LE(6) & 0x3fff, header.readUInt16LE(8) & 0x3fff];
  if (!keyFrame || !header.subarray(3, 6).equals(LOSSY_START_CODE) || !width || !height) throw corrupt('WebP');
  return [width, height];
}

function losslessSize(header: Buffer): Size {
  const bits = header.readUInt32LE(1);
  const version = bits >>> 29;
  if (header[0] !== LOSSLESS_SIGNATURE || version !== 0) throw corrupt('WebP');
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

function canvasSize(header: Buffer): Size {
  if ((header[0] ?? 0) & ANIMATION_FLAG) throw animated();
  return [header.readUIntLE(4, 3) + 1, header.readUIntLE(7, 3) + 1];
}
