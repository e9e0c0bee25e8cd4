import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync, constants as zlib } from 'node:zlib';
import type { AnalysisTask } from './analysis.js';

/** A piece of metadata as its container held it, cut to what is worth looking at. */
export type MetadataBlock =
  /** A TIFF structure. */
  | { kind: 'exif'; bytes: Buffer }
  | { kind: 'xmp'; text: string }
  /** A keyword and its text: a PNG text chunk, or a JPEG comment under the keyword `Comment`. */
  | { kind: 'text'; keyword: string; text: string }
  /** Photoshop image resources, IPTC-IIM among them. */
  | { kind: 'resources'; bytes: Buffer }
  /** A JPEG's quantisation tables of one segment, in zigzag order. */
  | { kind: 'quantisation'; tables: number[][] }
  /** A C2PA manifest store, or what fits of it. */
  | { kind: 'c2pa'; bytes: Buffer };

const KIB = 1024;
const MOST_PIECES = 20_000;
const MOST_BLOCKS = 64;
const MOST_TEXT = 64 * KIB;
const MOST_INFLATED = 1024 * KIB;
const MOST_STRUCTURED = 512 * KIB;
const MOST_C2PA = 1024 * KIB;
const MOST_C2PA_PACKETS = MOST_C2PA / (64 * KIB);

/**
 * Walks a JPEG's segments, a PNG's chunks or a WebP's chunks from head to head, without reading pixel data, and gives
 * at most 64 blocks of at most 1 MiB each. A broken structure ends the walk where it breaks.
 * @throws where the file cannot be read.
 */
export function readMetadataBlocks({ path, contentType }: AnalysisTask): MetadataBlock[] {
  const file = new PositionedFile(path);
  try {
    const blocks = { 'image/jpeg': jpegBlocks, 'image/png': pngBlocks, 'image/webp': webpBlocks }[contentType](file);
    const found: MetadataBlock[] = [];
    for (const block of blocks) if (found.push(block) === MOST_BLOCKS) break;
    return found;
  } finally {
    file.close();
  }
}

/** Synchronous: the thread has nothing else to do, and reading a head costs less than a promise. */
class PositionedFile {
  readonly #descriptor: number;
  readonly size: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  /** Fewer bytes than asked for where the file ends. */
  read(position: number, length: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, this.size - position)));
    return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, position));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const EXIF_PREFIX = 'Exif\0\0';
const XMP_PREFIX = 'http://ns.adobe.com/xap/1.0/\0';
/** JUMBF in JPEG (ISO 19566-5): `JP`, box instance, packet number, and the box's head again in every packet. */
const JUMBF_PREFIX = 'JP';
const JUMBF_PACKET_HEAD = 16;
const RESOURCES_PREFIX = 'Photoshop 3.0\0';
const JPEG = { end: 0xd9, scan: 0xda, quantisation: 0xdb, app1: 0xe1, app11: 0xeb, app13: 0xed, comment: 0xfe };

function* jpegBlocks(file: PositionedFile): Generator<MetadataBlock, void> {
  const c2pa: Buffer[] = [];
  let position = 2;
  for (let piece = 0; piece < MOST_PIECES; piece++) {
    const head = file.read(position, 4);
    const marker = head[1];
    if (head.length < 4 || head[0] !== 0xff || marker === JPEG.scan || marker === JPEG.end) break;
    if (marker === 0xff) {
      position += 1;
      continue;
    }
    const payload = () => file.read(position + 4, head.readUInt16BE(2) - 2);
    if (marker === JPEG.app1) yield* jpegApp1(payload());
    if (marker === JPEG.app11 && c2pa.length < MOST_C2PA_PACKETS) {
      c2pa.push(jumbfPacket(payload(), c2pa.length === 0));
    }
    if (marker === JPEG.app13) yield* jpegApp13(payload());
    if (marker === JPEG.quantisation) yield { kind: 'quantisation', tables: quantisationTables(payload()) };
    if (marker === JPEG.comment) yield { kind: 'text', keyword: 'Comment', text: payload().toString('utf8') };
    position += 2 + head.readUInt16BE(2);
  }
  const store = Buffer.concat(c2pa);
  if (store.length > 0) yield { kind: 'c2pa', bytes: store };
}

function* jpegApp1(payload: Buffer): Generator<MetadataBlock, void> {
  if (startsWith(payload, EXIF_PREFIX)) yield { kind: 'exif', bytes: payload.subarray(EXIF_PREFIX.length) };
  if (startsWith(payload, XMP_PREFIX)) {
    yield { kind: 'xmp', text: payload.toString('utf8', XMP_PREFIX.length) };
  }
}

function* jpegApp13(payload: Buffer): Generator<MetadataBlock, void> {
  if (startsWith(payload, RESOURCES_PREFIX)) {
    yield { kind: 'resources', bytes: payload.subarray(RESOURCES_PREFIX.length) };
  }
}

function quantisationTables(payload: Buffer): number[][] {
  const tables: number[][] = [];
  for (let at = 0; at < payload.length;) {
    const bytesEach = (payload[at] ?? 0) >> 4 === 0 ? 1 : 2;
    const end = at + 1 + 64 * bytesEach;
    if (end > payload.length) break;
    const start = at + 1;
    tables.push(Array.from({ length: 64 }, (_, index) => payload.readUIntBE(start + index * bytesEach, bytesEach)));
    at = end;
  }
  return tables;
}

function jumbfPacket(payload: Buffer, isFirst: boolean): Buffer {
  if (!startsWith(payload, JUMBF_PREFIX)) return Buffer.alloc(0);
  return payload.subarray(isFirst ? JUMBF_PACKET_HEAD - 8 : JUMBF_PACKET_HEAD);
}

const PNG_SIGNATURE_LENGTH = 8;

function* pngBlocks(file: PositionedFile): Generator<MetadataBlock, void> {
  let position = PNG_SIGNATURE_LENGTH;
  for (let piece = 0; piece < MOST_PIECES && position < file.size; piece++) {
    const head = file.read(position, 8);
    if (head.length < 8) return;
    const length = head.readUInt32BE(0);
    const data = (most: number) => file.read(position + 8, Math.min(length, most));
    yield* pngChunk(head.toString('latin1', 4), data);
    position += length + 12;
  }
}

function* pngChunk(type: string, data: (most: number) => Buffer): Generator<MetadataBlock, void> {
  if (type === 'eXIf') yield { kind: 'exif', bytes: data(MOST_STRUCTURED) };
  if (type === 'caBX') yield { kind: 'c2pa', bytes: data(MOST_C2PA) };
  if (type === 'tEXt' || type === 'zTXt') {
    const [keyword, rest] = splitAtNul(data(MOST_TEXT));
    const text = type === 'tEXt' ? rest : inflate(rest.subarray(1));
    yield { kind: 'text', keyword, text: text.toString('utf8') };
  }
  if (type === 'iTXt') yield internationalText(data(MOST_STRUCTURED));
}

/** Keyword, compression flag and method, language tag, translated keyword, text. */
function internationalText(chunk: Buffer): MetadataBlock {
  const [keyword, flagged] = splitAtNul(chunk);
  const [, translated] = splitAtNul(flagged.subarray(2));
  const [, body] = splitAtNul(translated);
  const text = (flagged[0] === 1 ? inflate(body) : body).toString('utf8');
  return keyword === 'XML:com.adobe.xmp' ? { kind: 'xmp', text } : { kind: 'text', keyword, text };
}

const RIFF_HEAD_LENGTH = 12;

function* webpBlocks(file: PositionedFile): Generator<MetadataBlock, void> {
  let position = RIFF_HEAD_LENGTH;
  for (let piece = 0; piece < MOST_PIECES && position < file.size; piece++) {
    const head = file.read(position, 8);
    if (head.length < 8) return;
    const type = head.toString('latin1', 0, 4);
    const length = head.readUInt32LE(4);
    const data = (most: number) => file.read(position + 8, Math.min(length, most));
    if (type === 'EXIF') yield { kind: 'exif', bytes: withoutPrefix(data(MOST_STRUCTURED), EXIF_PREFIX) };
    if (type === 'XMP ') yield { kind: 'xmp', text: data(MOST_STRUCTURED).toString('utf8') };
    if (type === 'C2PA') yield { kind: 'c2pa', bytes: data(MOST_C2PA) };
    position += 8 + length + (length % 2);
  }
}

/**
 * Empty where the text would come out larger than 1 MiB: honest text does not deflate a hundredfold. An input cut short
 * gives what it holds.
 */
function inflate(deflated: Buffer): Buffer {
  try {
    return inflateSync(deflated.subarray(0, MOST_TEXT), {
      maxOutputLength: MOST_INFLATED,
      finishFlush: zlib.Z_SYNC_FLUSH,
    });
  } catch {
    return Buffer.alloc(0);
  }
}

function splitAtNul(bytes: Buffer): [string, Buffer] {
  const nul = bytes.indexOf(0);
  if (nul < 0) return ['', Buffer.alloc(0)];
  return [bytes.toString('latin1', 0, nul), bytes.subarray(nul + 1)];
}

const startsWith = (bytes: Buffer, prefix: string) => bytes.toString('latin1', 0, prefix.length) === prefix;

const withoutPrefix = (bytes: Buffer, prefix: string) =>
  startsWith(bytes, prefix) ? bytes.subarray(prefix.length) : bytes;
