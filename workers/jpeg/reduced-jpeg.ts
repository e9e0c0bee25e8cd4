import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Pixels } from '../pixels.js';
import { readJpegHeader, type JpegHeader } from './jpeg-header.js';
import { BASIS_BYTES, BLOCK_BYTES, jpegKernel, jpegMemory, LONGEST_FILE, PLACES, TABLE_BYTES } from './jpeg-kernel.js';
import { loadBasis, loadHuffman, loadSkips } from './jpeg-tables.js';
import { turnUpright } from './turn-upright.js';

export interface ReducedJpeg {
  pixels: Pixels;
  /** Of the whole picture, upright. */
  width: number;
  height: number;
}

const { bytes, words, file } = jpegMemory;
/** Bytes that rows may be written or read too far. */
const MARGIN = 64;
const NEUTRAL = 128;

/**
 * Decodes a baseline JPEG at a part of its size for hashing: each pixel is the mean of those it stands for, worked out
 * from the frequencies, so that a picture costs little more than reading its codes. Null for whatever is not as sound and
 * as plain as nearly all files are: progressive and CMYK pictures, damaged ones, those beyond `maxPixels`; what becomes of
 * these is for a whole decoder to say.
 * @param factorOf 1, 2, 4 or 8, by the longer side. @throws where the file cannot be read.
 */
export function readReducedJpeg(
  path: string,
  maxPixels: number,
  factorOf: (longSide: number) => number,
): ReducedJpeg | null {
  const length = readFileBytes(path);
  const header = length === null ? null : readJpegHeader(Buffer.from(bytes.buffer, PLACES.file, length));
  if (!header || header.width * header.height > maxPixels) return null;
  const factor = factorOf(Math.max(header.width, header.height));
  const layout = layOut(header, 8 / factor);
  if (!layout || !loadTables(header, 8 / factor)) return null;
  try {
    if (!decodeScan(header, layout, length!)) return null;
  } catch (error) {
    // Data that makes no sense may lead out of the memory.
    if (error instanceof WebAssembly.RuntimeError) return null;
    throw error;
  }
  const size = { width: Math.ceil(header.width / factor), height: Math.ceil(header.height / factor) };
  const pixels = turnUpright({ data: toRgb(header, layout, size), ...size }, header.orientation);
  const { width, height } = header;
  return header.orientation > 4 ? { pixels, width: height, height: width } : { pixels, width, height };
}

/** @returns bytes read, null where the file is too long. Not in turns with others: they would share the memory. */
function readFileBytes(path: string): number | null {
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    if (size > LONGEST_FILE) return null;
    let length = 0;
    for (let read = -1; read !== 0; length += read)
      read = readSync(handle, file, length, LONGEST_FILE - length, length);
    // A marker behind the file ends what is read of it.
    bytes.set([0xff, 0xd9], PLACES.file + length);
    return length;
  } finally {
    closeSync(handle);
  }
}

interface Layout {
  /** Samples of a block each way. */
  side: number;
  unitColumns: number;
  unitRows: number;
  /** Start and stride of each component's plane. */
  planes: { start: number; stride: number }[];
  rgb: number;
}

function layOut({ width, height, components }: JpegHeader, side: number): Layout | null {
  const [luma] = components;
  const unitColumns = Math.ceil(width / (8 * luma!.across));
  const unitRows = Math.ceil(height / (8 * luma!.down));
  let end: number = PLACES.planes;
  const planes = components.map(({ across, down }) => {
    const plane = { start: end, stride: unitColumns * across * side };
    end += plane.stride * unitRows * down * side + MARGIN;
    return plane;
  });
  const rgb = end;
  end += Math.ceil((width * side) / 8) * Math.ceil((height * side) / 8) * 3 + MARGIN;
  return end > PLACES.end ? null : { side, unitColumns, unitRows, planes, rgb };
}

function loadTables({ components, quantisations, huffman }: JpegHeader, side: number): boolean {
  return components.every(({ quantisation, dcTable, acTable }) => {
    loadBasis(quantisation, quantisations[quantisation]!, side);
    if (!loadHuffman(dcTable, huffman[dcTable]!) || !loadHuffman(4 + acTable, huffman[4 + acTable]!)) return false;
    if (side === 1) loadSkips(4 + acTable);
    return true;
  });
}

/** @returns whether the scan is sound and the last thing in the picture. */
function decodeScan(header: JpegHeader, layout: Layout, length: number): boolean {
  const { side, unitColumns, unitRows } = layout;
  const blocksEnd = placeBlocks(header, layout);
  const units = unitColumns * unitRows;
  const interval = header.restartInterval || units;
  const fileEnd = PLACES.file + length;
  let at = PLACES.file + header.scanStart;
  words[PLACES.column / 4] = 0;
  for (let unit = 0, restart = 0; unit < units; unit += interval, restart = (restart + 1) & 7) {
    const marker = jpegKernel.unstuff(at, PLACES.words, PLACES.length);
    const bits = words[PLACES.length / 4]! * 8;
    words.fill(0, PLACES.lastDc / 4, PLACES.lastDc / 4 + header.components.length);
    const count = Math.min(interval, units - unit);
    const place = [PLACES.words, count, PLACES.blocks, blocksEnd, PLACES.column, unitColumns] as const;
    const read =
      side === 1
        ? jpegKernel.decodeMeans(...place, PLACES.rows)
        : jpegKernel.decode(...place, side, PLACES.rows, PLACES.half);
    const isLast = unit + interval >= units;
    if (read < 0 || read > bits || bits - read >= 8 || marker >= fileEnd) return false;
    if (bytes[marker + 1] !== (isLast ? 0xd9 : 0xd0 + restart)) return false;
    at = marker + 2;
  }
  return true;
}

/** Describes a coding unit's blocks to the kernel. @returns where the descriptions end. */
function placeBlocks({ components }: JpegHeader, { side, unitColumns, planes }: Layout): number {
  let at: number = PLACES.blocks;
  components.forEach(({ across, down, quantisation, dcTable, acTable }, index) => {
    const { start, stride } = planes[index]!;
    for (let row = 0; row < down; row++) {
      for (let column = 0; column < across; column++, at += BLOCK_BYTES) {
        const block = [
          start + row * side * stride + column * side,
          across * side,
          down * side * stride - unitColumns * across * side,
          stride,
          PLACES.tables + dcTable * TABLE_BYTES,
          PLACES.tables + (4 + acTable) * TABLE_BYTES,
          PLACES.bases + quantisation * BASIS_BYTES,
          PLACES.lastDc + 4 * index,
        ];
        words.set(block, at / 4);
      }
    }
  });
  return at;
}

function toRgb(
  { components }: JpegHeader,
  { planes, rgb }: Layout,
  { width, height }: { width: number; height: number },
): Uint8Array {
  const [luma, blue, red] = planes;
  const { across, down } = components[0]!;
  // Without chroma its place is a row that means none.
  if (!blue) bytes.fill(NEUTRAL, PLACES.words, PLACES.words + width + MARGIN);
  for (let y = 0; y < height; y++) {
    const row = down === 2 ? y >> 1 : y;
    const [first, second] = [blue, red].map((plane) => (plane ? plane.start + row * plane.stride : PLACES.words));
    const source = luma!.start + y * luma!.stride;
    jpegKernel.rgbRow(source, first!, second!, across - 1, width, rgb + y * width * 3);
  }
  return bytes.slice(rgb, rgb + width * height * 3);
}
