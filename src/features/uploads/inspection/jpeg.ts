import type { ByteReader, Reading } from './byte-reader.js';
import { corrupt } from './rejection.js';
import { refuseHiddenFile } from './trailer.js';

const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const TEMPORARY = 0x01;
const FIRST_DEFINED = 0xc0;

export const isJpeg = (magic: Buffer) => magic[0] === 0xff && magic[1] === START_OF_IMAGE && magic[2] === 0xff;

/**
 * Walks the segments and scans of a JPEG (ITU-T T.81 annex B), baseline or progressive, up to its end. Phones write
 * further pictures and films behind that (CIPA DC-007, motion photos); files of other kinds there are refused.
 * Calls `found` with the picture's size as soon as it is known.
 */
export function* walkJpeg(reader: ByteReader, found: (width: number, height: number) => void): Reading<void> {
  yield* reader.skip(2);
  let [framed, scanned] = [false, false];
  for (;;) {
    const marker = yield* nextMarker(reader);
    if (marker === END_OF_IMAGE) break;
    if (marker === TEMPORARY) continue;
    if (marker === START_OF_IMAGE || marker < FIRST_DEFINED) throw corrupt('JPEG');

    const length = (yield* reader.take(2)).readUInt16BE(0) - 2;
    if (length < 0) throw corrupt('JPEG');
    if (isFrameHeader(marker)) {
      if (framed || length < 6) throw corrupt('JPEG');
      framed = true;
      yield* readFrameHeader(reader, length, found);
    } else {
      if (marker === START_OF_SCAN) {
        if (!framed) throw corrupt('JPEG');
        scanned = true;
      }
      yield* reader.skip(length);
    }
  }
  if (!scanned) throw corrupt('JPEG');
  yield* refuseHiddenFile(reader);
}

/** The next marker's code, past entropy-coded data with its stuffed zeros and restart markers, and past fill bytes. */
function* nextMarker(reader: ByteReader): Reading<number> {
  for (;;) {
    yield* reader.skipPast(0xff);
    let [code] = yield* reader.take(1);
    while (code === 0xff) [code] = yield* reader.take(1);
    if (code && !isRestart(code)) return code;
  }
}

function* readFrameHeader(
  reader: ByteReader,
  length: number,
  found: (width: number, height: number) => void,
): Reading<void> {
  const header = yield* reader.take(6);
  const [height, width, components] = [header.readUInt16BE(1), header.readUInt16BE(3), header[5]];
  if (width === 0 || height === 0 || !components) throw corrupt('JPEG');
  found(width, height);
  yield* reader.skip(length - 6);
}

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** SOF0…SOF15, between which lie DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
