import { mkdir, open, readdir, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { Analysis } from '../../../workers/analysis.js';

const SUFFIX = '.pack';
const SHA_BYTES = 32;
/** SHA-256, length and CRC-32 of what follows. */
const HEADER_BYTES = SHA_BYTES + 8;
/** More than this of earlier runs is not kept: some 400,000 pictures. */
const MOST_BYTES = 4 * 1024 ** 3;
/** Analyses at hand, some 10 kB each. */
const AT_HAND = 500;

interface Place {
  file: FileHandle;
  offset: number;
  length: number;
}

/**
 * Analyses by SHA-256 on disk, since those of hundreds of thousands of pictures take more memory than a machine has. Each
 * run writes a file of its own and reads those of earlier runs; a file whose end was lost is good up to there.
 */
export class AnalysisStore {
  readonly #folder: string;
  readonly #places = new Map<string, Place>();
  readonly #files: FileHandle[] = [];
  readonly #atHand = new Map<string, Analysis>();
  #own: { file: FileHandle; size: number } | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder holds analyses of one version alone; it is made where there is none. */
  static async open(folder: string): Promise<AnalysisStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const store = new AnalysisStore(folder);
    for (const path of await newestFirst(folder)) await store.#readPlaces(path);
    return store;
  }

  has(sha256: Buffer): boolean {
    return this.#places.has(keyOf(sha256));
  }

  /** Null where there is none, or what was written is damaged. */
  async read(sha256: Buffer): Promise<Analysis | null> {
    const key = keyOf(sha256);
    const known = this.#atHand.get(key) ?? (await this.#readFrom(this.#places.get(key)));
    if (known) this.#keepAtHand(key, known);
    return known;
  }

  async write(sha256: Buffer, analysis: Analysis): Promise<void> {
    this.#keepAtHand(keyOf(sha256), analysis);
    const turn = this.#writing.then(() => this.#append(sha256, serialize(analysis)));
    this.#writing = turn.catch(() => undefined);
    await turn;
  }

  async close(): Promise<void> {
    await this.#writing;
    await Promise.all([...this.#files, ...(this.#own ? [this.#own.file] : [])].map((file) => file.close()));
  }

  async #append(sha256: Buffer, body: Buffer): Promise<void> {
    const name = `${Date.now()}-${process.pid}${SUFFIX}`;
    this.#own ??= { file: await open(join(this.#folder, name), 'wx+', 0o600), size: 0 };
    const { file, size } = this.#own;
    const header = Buffer.alloc(HEADER_BYTES);
    sha256.copy(header);
    header.writeUInt32LE(body.length, SHA_BYTES);
    header.writeUInt32LE(crc32(body), SHA_BYTES + 4);
    await file.write(Buffer.concat([header, body]), 0, HEADER_BYTES + body.length, size);
    this.#places.set(keyOf(sha256), { file, offset: size, length: body.length });
    this.#own.size += HEADER_BYTES + body.length;
  }

  async #readPlaces(path: string): Promise<void> {
    const file = await open(path, 'r').catch(() => null);
    if (!file) return;
    this.#files.push(file);
    const { size } = await file.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    for (let offset = 0; offset + HEADER_BYTES <= size;) {
      await file.read(header, 0, HEADER_BYTES, offset);
      const length = header.readUInt32LE(SHA_BYTES);
      if (offset + HEADER_BYTES + length > size) return;
      const key = keyOf(header);
      if (!this.#places.has(key)) this.#places.set(key, { file, offset, length });
      offset += HEADER_BYTES + length;
    }
  }

  async #readFrom(place: Place | undefined): Promise<Analysis | null> {
    if (!place) return null;
    const record = Buffer.alloc(HEADER_BYTES + place.length);
    await place.file.read(record, 0, record.length, place.offset);
    const body = record.subarray(HEADER_BYTES);
    return crc32(body) === record.readUInt32LE(SHA_BYTES + 4) ? (deserialize(body) as Analysis) : null;
  }

  #keepAtHand(key: string, analysis: Analysis): void {
    this.#atHand.delete(key);
    this.#atHand.set(key, analysis);
    const [oldest] = this.#atHand.keys();
    if (this.#atHand.size > AT_HAND && oldest !== undefined) this.#atHand.delete(oldest);
  }
}

const keyOf = (sha256: Buffer) => sha256.toString('latin1', 0, SHA_BYTES);

/** The files of earlier runs as far as there is room for them; the oldest go. */
async function newestFirst(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const stats = await stat(path).catch(() => null);
      return { path, bytes: stats?.size ?? 0, usedAt: stats?.mtimeMs ?? 0 };
    }),
  );
  let room = MOST_BYTES;
  const kept: string[] = [];
  for (const { path, bytes } of files.sort((a, b) => b.usedAt - a.usedAt)) {
    room -= bytes;
    if (room < 0) await rm(path, { force: true });
    else {
      kept.push(path);
      await utimes(path, new Date(), new Date()).catch(() => undefined);
    }
  }
  return kept;
}
