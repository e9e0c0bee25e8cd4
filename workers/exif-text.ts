import { TIFF_TYPE, type Tiff } from './tiff.js';

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

export interface ExifText {
  tag: string;
  text: string;
}

/** The text tags of the main and the Exif directory. Anything malformed is passed over. */
export function readExifTexts(tiff: Tiff): ExifText[] {
  return tiff.entries.flatMap((entry) => {
    const tag = TEXT_TAGS.get(entry.tag);
    if (tag === undefined) return [];
    const value = tiff.bytes(entry);
    return [{ tag, text: entry.type === TIFF_TYPE.undefined ? decodeComment(value) : value.toString('utf8') }];
  });
}

/** A comment starts with eight bytes that name its encoding. UTF-16 comes in either byte order, whatever the file's. */
function decodeComment(value: Buffer): string {
  const body = value.subarray(8);
  if (value.toString('latin1', 0, 7) !== 'UNICODE') return body.toString('utf8');
  const bigEndian = body[0] === 0;
  return new TextDecoder(bigEndian ? 'utf-16be' : 'utf-16le').decode(body);
}
