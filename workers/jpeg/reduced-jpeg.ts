import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ColourPlanes, Plane8 } from '../pixels.js';
import { CHROMA_SIDE } from '../fingerprint/evidence.js';
import { readJpegHeader, type JpegHeader } from './jpeg-header.js';
import { BASIS_BYTES, BLOCK_BYTES, jpegKernel, jpegMemory, LONGEST_FILE, PLACES, TABLE_BYTES } from './jpeg-kernel.js';
import { loadBasis, loadHuffman, loadSkips, rowsOf } from './jpeg-tables.js';
import { turnUpright } from './turn-upright.js';

export interface ReducedJpeg {
  pixels: ColourPlanes;
  /** Of the whole picture, upright. */
  width: number;
  height: number;
}

const { bytes, words, file } = jpegMemory;
/** Bytes that rows may be written or read too far. */
const MARGIN = 64;
/** Of chroma so many samples each way are enough, where there are more. */
const ENOUGH_CHROMA = 3 * CHROMA_SIDE;
/** Chroma has bases of its own, as it may be smaller than luma with the same steps. */
const CHROMA_BASES = 4;

/**
 * Decodes a baseline JPEG at a part of its size for hashing: each value is the mean of those it stands for, worked out
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
  if (!layout || !loadTables(header, layout)) return null;
  try {
    if (!decodeScan(header, layout, length!)) return null;
  } catch (error) {
    // Data that makes no sense may lead out of the memory.
    if (error instanceof WebAssembly.RuntimeError) return null;
    throw error;
  }
  const pixels = takePlanes(header, layout);
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

interface ComponentPlane {
  /** Samples of a block each way. */
  side: number;
  basis: number;
  start: number;
  stride: number;
  /** Without what fills up the last blocks. */
  width: number;
  height: number;
}

interface Layout {
  unitColumns: number;
  unitRows: number;
  planes: ComponentPlane[];
}

function layOut({ width, height, components }: JpegHeader, lumaSide: number): Layout | null {
  const { across: mostAcross, down: mostDown } = components[0]!;
  const unitColumns = Math.ceil(width / (8 * mostAcross));
  const unitRows = Math.ceil(height / (8 * mostDown));
  let end: number = PLACES.planes;
  const planes = components.map(({ across, down, quantisation }, index) => {
    const samples = (length: number, side: number) => Math.ceil((length * side) / 8);
    const [whole, high] = [(width * across) / mostAcross, (height * down) / mostDown];
    const side = index === 0 ? lumaSide : chromaSide(Math.min(whole, high), lumaSide);
    const basis = index === 0 ? quantisation : CHROMA_BASES + quantisation;
    const size = { width: samples(whole, side), height: samples(high, side) };
    const plane = { side, basis, start: end, stride: unitColumns * across * side, ...size };
    end += plane.stride * unitRows * down * side + MARGIN;
    return plane;
  });
  return end > PLACES.end ? null : { unitColumns, unitRows, planes };
}

function chromaSide(shorterSide: number, lumaSide: number): number {
  return [2, 4].find((side) => side < lumaSide && shorterSide * side >= 8 * ENOUGH_CHROMA) ?? lumaSide;
}

function loadTables({ components, quantisations, huffman }: JpegHeader, { planes }: Layout): boolean {
  return components.every(({ quantisation, dcTable, acTable }, index) => {
    const { basis, side } = planes[index]!;
    loadBasis(basis, quantisations[quantisation]!, side);
    if (!loadHuffman(dcTable, huffman[dcTable]!) || !loadHuffman(4 + acTable, huffman[4 + acTable]!)) return false;
    if (side === 1) loadSkips(4 + acTable);
    return true;
  });
}

/** @returns whether the scan is sound and the last thing in the picture. */
function decodeScan(header: JpegHeader, layout: Layout, length: number): boolean {
  const { unitColumns, unitRows, planes } = layout;
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
      planes[0]!.side === 1 ? jpegKernel.decodeMeans(...place, rowsOf(1)) : jpegKernel.decode(...place, PLACES.half);
    const isLast = unit + interval >= units;
    if (read < 0 || read > bits || bits - read >= 8 || marker >= fileEnd) return false;
    if (bytes[marker + 1] !== (isLast ? 0xd9 : 0xd0 + restart)) return false;
    at = marker + 2;
  }
  return true;
}

/** Describes a coding unit's blocks to the kernel. @returns where the descriptions end. */
function placeBlocks({ components }: JpegHeader, { unitColumns, planes }: Layout): number {
  let at: number = PLACES.blocks;
  components.forEach(({ across, down, dcTable, acTable }, index) => {
    const { side, basis, start, stride } = planes[index]!;
    for (let row = 0; row < down; row++) {
      for (let column = 0; column < across; column++, at += BLOCK_BYTES) {
        const block = [
          start + row * side * stride + column * side,
          across * side,
          down * side * stride - unitColumns * across * side,
          stride,
          PLACES.tables + dcTable * TABLE_BYTES,
          PLACES.tables + (4 + acTable) * TABLE_BYTES,
          PLACES.bases + basis * BASIS_BYTES,
          PLACES.lastDc + 4 * index,
          side,
          rowsOf(side),
        ];
        words.set(block, at / 4);
      }
    }
  });
  return at;
}

/** Copies what the next picture overwrites, upright. */
function takePlanes({ orientation }: JpegHeader, { planes }: Layout): ColourPlanes {
  const [luma, blue, red] = planes.map(({ start, stride, width, height }) => {
    return turnUpright({ data: bytes, start, stride, width, height }, orientation);
  }) as [Plane8, ...Plane8[]];
  return { ...luma, chroma: blue && red ? { blue, red } : null };
}
