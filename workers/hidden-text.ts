import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { AnalysisTask } from './analysis.js';
import type { Pixels } from './pixels.js';

/** Text in the lowest bits of pixels: "stealth PNG info", as NovelAI and extensions of Stable Diffusion write it. */
export interface HiddenText {
  /** The signature it begins with, such as `stealth_pngcomp`. */
  signature: string;
  text: string;
}

/** In the alpha channel or in all colours, as text or gzipped. */
const SIGNATURES = { alpha: ['stealth_pnginfo', 'stealth_pngcomp'], rgb: ['stealth_rgbinfo', 'stealth_rgbcomp'] };
const SIGNATURE_BYTES = 15;
const LENGTH_BYTES = 4;
const MOST_BYTES = 1024 * 1024;

/** One bit of a picture: bits run down the columns, the leftmost first. */
type BitAt = (index: number) => number;

/** Text hidden in the lowest bits of the colours of decoded pixels. */
export function hiddenInColours({ data, width, height }: Pixels): HiddenText | null {
  const bitAt: BitAt = (index) => {
    const pixel = Math.floor(index / 3);
    const at = ((pixel % height) * width + Math.floor(pixel / height)) * 3 + (index % 3);
    return (data[at] ?? 0) & 1;
  };
  return readHidden(bitAt, width * height * 3, SIGNATURES.rgb);
}

/**
 * Text hidden in the lowest bits of the alpha channel. Only a picture that has one is decoded, and only the columns
 * that the signature stands in unless it is there.
 * @throws where the file cannot be read; a picture that cannot be decoded hides nothing.
 */
export async function hiddenInAlpha({ path, contentType, maxPixels }: AnalysisTask): Promise<HiddenText | null> {
  if (contentType === 'image/jpeg') return null;
  try {
    const options = { limitInputPixels: maxPixels, failOn: 'error', ignoreIcc: true, sequentialRead: true } as const;
    const { hasAlpha, width, height, depth, isPalette } = await sharp(path, options).metadata();
    if (!hasAlpha || depth !== 'uchar' || isPalette) return null;
    const columnsFor = (bytes: number) => Math.min(width, Math.ceil((bytes * 8) / height));
    const read = async (columns: number) => {
      const picture = sharp(path, options).extractChannel('alpha');
      // A channel of its own comes first: an area of the whole would be cut before the alpha is at hand.
      return picture.extract({ left: 0, top: 0, width: columns, height }).raw().toBuffer();
    };
    const bits =
      (alpha: Buffer, columns: number): BitAt =>
      (index) =>
        (alpha[(index % height) * columns + Math.floor(index / height)] ?? 0) & 1;

    const headColumns = columnsFor(SIGNATURE_BYTES + LENGTH_BYTES);
    const head = bits(await read(headColumns), headColumns);
    const length = payloadLength(head, width * height, SIGNATURES.alpha);
    if (length === null) return null;
    const columns = columnsFor(SIGNATURE_BYTES + LENGTH_BYTES + length);
    return readHidden(bits(await read(columns), columns), width * height, SIGNATURES.alpha);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    return null;
  }
}

/** Bytes behind the signature and the length; null where there is no signature or no room for as many. */
function payloadLength(bitAt: BitAt, bits: number, signatures: readonly string[]): number | null {
  if (bits < (SIGNATURE_BYTES + LENGTH_BYTES) * 8) return null;
  // Most pictures end here, after a byte or two.
  for (let index = 0; index < SIGNATURE_BYTES - 4; index++) {
    if (byteAt(bitAt, index) !== signatures[0]!.charCodeAt(index)) return null;
  }
  if (!signatures.includes(bytesAt(bitAt, 0, SIGNATURE_BYTES).toString('latin1'))) return null;
  const length = Math.floor(bytesAt(bitAt, SIGNATURE_BYTES, LENGTH_BYTES).readUInt32BE() / 8);
  const most = Math.min(MOST_BYTES, bits / 8 - SIGNATURE_BYTES - LENGTH_BYTES);
  return length <= most ? length : null;
}

function readHidden(bitAt: BitAt, bits: number, signatures: readonly string[]): HiddenText | null {
  const length = payloadLength(bitAt, bits, signatures);
  if (length === null) return null;
  const signature = bytesAt(bitAt, 0, SIGNATURE_BYTES).toString('latin1');
  const payload = bytesAt(bitAt, SIGNATURE_BYTES + LENGTH_BYTES, length);
  return { signature, text: (signature.endsWith('comp') ? gunzip(payload) : payload).toString('utf8') };
}

function gunzip(payload: Buffer): Buffer {
  try {
    return gunzipSync(payload, { maxOutputLength: MOST_BYTES });
  } catch {
    return Buffer.alloc(0);
  }
}

function bytesAt(bitAt: BitAt, from: number, count: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, (_, index) => byteAt(bitAt, from + index)));
}

function byteAt(bitAt: BitAt, position: number): number {
  let byte = 0;
  for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | bitAt(position * 8 + bit);
  return byte;
}
