import { Tiff, TIFF_TYPE } from '../tiff.js';

export interface JpegComponent {
  id: number;
  /** Blocks a coding unit has of it, across and down. */
  across: number;
  down: number;
  quantisation: number;
  dcTable: number;
  acTable: number;
}

/** What precedes the one scan of a baseline JPEG (ITU-T T.81). */
export interface JpegHeader {
  width: number;
  height: number;
  components: JpegComponent[];
  /** By number: 64 steps in zigzag order. */
  quantisations: (Uint16Array | undefined)[];
  /** By number, DC tables then AC tables from 4 on: 16 counts of codes by length, then the symbols. */
  huffman: (Uint8Array | undefined)[];
  /** Coding units between restart markers; 0 where there are none. */
  restartInterval: number;
  /** As EXIF has it, 1…8. */
  orientation: number;
  /** Where the scan's data starts. */
  scanStart: number;
}

const MARKER = { sof0: 0xc0, sof1: 0xc1, dht: 0xc4, sos: 0xda, dqt: 0xdb, dri: 0xdd, app1: 0xe1, app14: 0xee } as const;
const TIFF_STARTS = ['II*\0', 'MM\0*'];
const ORIENTATION_TAG = 0x0112;

/** Null unless it is one interleaved Huffman-coded scan of 8-bit luma, or of luma and two chroma, that fits together. */
export function readJpegHeader(file: Buffer): JpegHeader | null {
  if (file.length < 4 || file.readUInt16BE(0) !== 0xffd8) return null;
  const header: JpegHeader = {
    width: 0,
    height: 0,
    components: [],
    quantisations: [],
    huffman: [],
    restartInterval: 0,
    orientation: 0,
    scanStart: 0,
  };
  for (let at = 2; at + 4 <= file.length;) {
    const marker = file[at + 1]!;
    const length = file.readUInt16BE(at + 2);
    const segment = file.subarray(at + 4, at + 2 + length);
    if (file[at] !== 0xff || segment.length !== length - 2) return null;
    at += 2 + length;
    if (marker === MARKER.sos) {
      header.scanStart = at;
      header.orientation ||= 1;
      return readScan(segment, header) && isWhole(header) ? header : null;
    }
    if (!readSegment(marker, segment, header)) return null;
  }
  return null;
}

function readSegment(marker: number, segment: Buffer, header: JpegHeader): boolean {
  switch (marker) {
    case MARKER.sof0:
    case MARKER.sof1:
      return readFrame(segment, header);
    case MARKER.dht:
      return readHuffman(segment, header);
    case MARKER.dqt:
      return readQuantisations(segment, header);
    case MARKER.dri:
      if (segment.length !== 2) return false;
      header.restartInterval = segment.readUInt16BE(0);
      return true;
    case MARKER.app1:
      if (header.orientation > 0 || segment.toString('latin1', 0, 6) !== 'Exif\0\0') return true;
      header.orientation = readOrientation(segment.subarray(6));
      return header.orientation > 0;
    case MARKER.app14:
      // Adobe's flag that the components are not luma and chroma.
      return segment.toString('latin1', 0, 5) !== 'Adobe' || segment[11] === 1;
    default:
      return marker === 0xfe || (marker >= 0xe0 && marker <= 0xef);
  }
}

/** 0 where it is not as it should be: readers then differ in what they make of it. */
function readOrientation(bytes: Buffer): number {
  if (!TIFF_STARTS.includes(bytes.toString('latin1', 0, 4))) return 0;
  const exif = new Tiff(bytes);
  const entry = exif.find(ORIENTATION_TAG);
  if (!entry) return 1;
  if (entry.type !== TIFF_TYPE.short || entry.count !== 1) return 0;
  const orientation = exif.number(ORIENTATION_TAG);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

function readFrame(segment: Buffer, header: JpegHeader): boolean {
  if (segment.length < 6 || segment[0] !== 8 || header.components.length > 0) return false;
  header.height = segment.readUInt16BE(1);
  header.width = segment.readUInt16BE(3);
  const count = segment[5]!;
  if ((count !== 1 && count !== 3) || segment.length !== 6 + 3 * count) return false;
  for (let at = 6; at < segment.length; at += 3) {
    const [across, down] = [segment[at + 1]! >> 4, segment[at + 1]! & 15];
    if (Math.min(across, down) < 1 || Math.max(across, down) > 4) return false;
    header.components.push({ id: segment[at]!, across, down, quantisation: segment[at + 2]!, dcTable: 0, acTable: 0 });
  }
  // Of a single component the sampling means nothing.
  if (count === 1) Object.assign(header.components[0]!, { across: 1, down: 1 });
  return true;
}

function readHuffman(segment: Buffer, { huffman }: JpegHeader): boolean {
  let at = 0;
  while (at + 17 <= segment.length) {
    const number = segment[at]!;
    const symbols = segment.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    const table = Uint8Array.from(segment.subarray(at + 1, at + 17 + symbols));
    if ((number & ~0x13) !== 0 || symbols > 256 || table.length !== 16 + symbols) return false;
    if (!table.subarray(16).every(number < 4 ? isDcSymbol : isAcSymbol)) return false;
    huffman[(number >> 4) * 4 + (number & 3)] = table;
    at += 17 + symbols;
  }
  return at === segment.length;
}

/** A number of bits. */
const isDcSymbol = (symbol: number) => symbol <= 15;
/** A run and a number of bits; runs without a value but two mean nothing in baseline pictures. */
const isAcSymbol = (symbol: number) => (symbol & 15) !== 0 || symbol === 0 || symbol === 0xf0;

function readQuantisations(segment: Buffer, { quantisations }: JpegHeader): boolean {
  let at = 0;
  while (at < segment.length) {
    const [wide, number] = [segment[at]! >> 4, segment[at]! & 15];
    const end = at + 1 + 64 * (wide + 1);
    if (wide > 1 || number > 3 || end > segment.length) return false;
    const start = at + 1;
    quantisations[number] = Uint16Array.from({ length: 64 }, (_, i) =>
      wide ? segment.readUInt16BE(start + 2 * i) : segment[start + i]!,
    );
    at = end;
  }
  return true;
}

function readScan(segment: Buffer, { components }: JpegHeader): boolean {
  const count = components.length;
  if (count === 0 || segment.length !== 4 + 2 * count || segment[0] !== count) return false;
  components.forEach((component, index) => {
    const tables = segment[2 + 2 * index]!;
    component.dcTable = tables >> 4;
    component.acTable = tables & 15;
  });
  const inOrder = components.every(({ id }, index) => id === segment[1 + 2 * index]);
  return inOrder && segment.readUInt16BE(1 + 2 * count) === 0x003f && segment[3 + 2 * count] === 0;
}

function isWhole({ width, height, components, quantisations, huffman }: JpegHeader): boolean {
  const [first, ...chroma] = components;
  return (
    width > 0 &&
    height > 0 &&
    [1, 2].includes(first!.across) &&
    [1, 2].includes(first!.down) &&
    chroma.every(({ id, across, down }, index) => across === 1 && down === 1 && id === first!.id + index + 1) &&
    (first!.id <= 1 || chroma.length === 0) &&
    components.every(
      ({ quantisation, dcTable, acTable }) =>
        quantisations[quantisation] && dcTable < 4 && acTable < 4 && huffman[dcTable] && huffman[4 + acTable],
    )
  );
}
