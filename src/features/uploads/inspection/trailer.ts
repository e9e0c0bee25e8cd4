import type { ByteReader, Reading } from './byte-reader.js';
import { trailingData } from './rejection.js';

const PADDING = new Set([0x00, 0x0a, 0x0d]);
/** Longer than any signature, so that none is missed where two chunks meet. */
const OVERLAP = 64;

/**
 * Files of other kinds, by signatures long enough that films and pictures do not contain them by chance:
 * ZIP (local header, directory entry, end of directory), PDF, RAR, 7z, ELF, Windows programs, GIF, markup and scripts.
 */
const HIDDEN_FILE = new RegExp(
  [
    String.raw`PK\x03\x04[\x0a-\x3f][\x00-\x13][\s\S]{2}[\x00-\x63]\x00`,
    String.raw`PK\x01\x02[\s\S][\x00-\x13][\x0a-\x3f][\x00-\x13][\s\S]{2}[\x00-\x63]\x00`,
    String.raw`PK\x05\x06\x00{4}`,
    String.raw`%PDF-\d`,
    String.raw`Rar!\x1a\x07`,
    String.raw`7z\xbc\xaf\x27\x1c`,
    String.raw`\x7fELF[\x01\x02][\x01\x02]\x01`,
    String.raw`This program (?:cannot|must) be run`,
    String.raw`GIF8[79]a`,
    String.raw`<\?php`,
    String.raw`<(?:!doctype|html|head|body|script|iframe|svg)[\s>]`,
  ].join('|'),
  'i',
);

/** Nothing but padding may follow. */
export function* refuseTrailingData(reader: ByteReader): Reading<void> {
  for (let piece = yield* reader.some(); piece; piece = yield* reader.some()) {
    if (!piece.every((byte) => PADDING.has(byte))) throw trailingData();
  }
}

/** Anything may follow but a file of a kind that no camera writes behind a picture. */
export function* refuseHiddenFile(reader: ByteReader): Reading<void> {
  const start = yield* reader.peek(2);
  if (start.toString('latin1') === 'MZ') throw trailingData();
  let before = '';
  for (let piece = yield* reader.some(); piece; piece = yield* reader.some()) {
    const text = before + piece.toString('latin1');
    if (HIDDEN_FILE.test(text)) throw trailingData();
    before = text.slice(-OVERLAP);
  }
}
