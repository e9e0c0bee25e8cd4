import type { BigIntStats } from 'node:fs';
import { link, mkdir, open, opendir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pMap from 'p-map';
import { v7 as uuidv7 } from 'uuid';
import { conflict } from '../errors.js';
import { assertObjectKey, isObjectKey } from './object-key.js';
import { type Grant, startOfSigningWindow, UrlSigner } from './signed-url.js';
import { diskFault, explainFaults } from './storage-faults.js';
import {
  type ListedObject,
  type ObjectInfo,
  ObjectNotFound,
  type SignedGet,
  type SignedUpload,
  type Storage,
  type StoredObject,
} from './storage.js';

const ABANDONED_AFTER_SECONDS = 60 * 60;
/** Objects listed at a time. */
const PAGE = 1000;
const CONCURRENT_DELETIONS = 16;

/** Offsets of the first and the last byte. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Keeps objects as files under `objects/`; what is still arriving lies in `incoming/` of the same folder. */
export class DiskStorage implements Storage {
  readonly #objects: string;
  readonly #incoming: string;
  readonly #urls: UrlSigner;

  private constructor(folder: string, urls: UrlSigner) {
    this.#objects = join(folder, 'objects');
    this.#incoming = join(folder, 'incoming');
    this.#urls = urls;
  }

  /** Makes the folder where it is missing, and removes what uploads that a crash cut off have left in it. */
  static async open(options: { folder: string; publicUrl: string; signingKey: string }): Promise<DiskStorage> {
    const storage = new DiskStorage(resolve(options.folder), new UrlSigner(options.publicUrl, options.signingKey));
    await mkdir(storage.#objects, { recursive: true });
    await mkdir(storage.#incoming, { recursive: true });
    await storage.removeUnfinished(ABANDONED_AFTER_SECONDS);
    return storage;
  }

  async put(key: string, body: Readable): Promise<ObjectInfo> {
    return this.#store(key, body, rename);
  }

  /**
   * Like `put`, but replaces nothing, even when two race for the key.
   * @throws {DomainError} `conflict` when the key holds an object.
   */
  async putNew(key: string, body: Readable): Promise<ObjectInfo> {
    return this.#store(key, body, link);
  }

  async open(key: string, range?: ByteRange): Promise<StoredObject> {
    const file = await open(this.#pathOf(key)).catch((error: unknown) => {
      throw isMissing(error) ? new ObjectNotFound(key) : diskFault(error);
    });
    const info = infoOf(await file.stat({ bigint: true }));
    return { ...info, stream: explainFaults(file.createReadStream(range), diskFault) };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      return infoOf(await stat(this.#pathOf(key), { bigint: true }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw diskFault(error);
    }
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.#pathOf(from), this.#pathOf(to)];
    try {
      await makeFolderDurably(dirname(target));
      await rename(source, target);
      await syncFolder(dirname(target));
    } catch (error) {
      throw isMissing(error) ? new ObjectNotFound(from) : diskFault(error);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    await pMap(keys, (key) => rm(this.#pathOf(key), { force: true }), { concurrency: CONCURRENT_DELETIONS });
  }

  async withLocalFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T> {
    if (!(await this.head(key))) throw new ObjectNotFound(key);
    return use(this.#pathOf(key));
  }

  signedGetUrl(key: string, { expiresInSeconds, ...terms }: SignedGet): Promise<string> {
    assertObjectKey(key);
    const expiresAt = startOfSigningWindow(expiresInSeconds) + expiresInSeconds;
    return Promise.resolve(this.#urls.sign({ method: 'GET', key, ...terms, expiresAt }));
  }

  signedPutUrl(
    key: string,
    options: { contentType: string; contentLength?: number; expiresInSeconds: number },
  ): Promise<SignedUpload> {
    assertObjectKey(key);
    const { expiresInSeconds, ...terms } = options;
    const expiresAt = Math.floor(Date.now() / 1000) + expiresInSeconds;
    const url = this.#urls.sign({ method: 'PUT', key, ...terms, expiresAt });
    return Promise.resolve({ url, method: 'PUT', headers: { 'Content-Type': options.contentType } });
  }

  /** @throws {DomainError} `forbidden` when the query is not one that was signed for this, or has expired. */
  verify(method: Grant['method'], key: string, query: URLSearchParams): Grant {
    return this.#urls.verify(method, key, query);
  }

  /** Names of one folder at a time are held in memory. */
  async *list(prefix: string, after = ''): AsyncGenerator<ListedObject[]> {
    assertObjectKey(prefix);
    const now = await this.#now();
    let page: ListedObject[] = [];
    const start = after.startsWith(`${prefix}/`) ? after.slice(prefix.length + 1).split('/') : [];
    for await (const key of this.#keysBelow(prefix, start)) {
      const stats = await stat(join(this.#objects, key)).catch(() => undefined);
      if (!stats) continue;
      // A move leaves the time of writing as it was.
      page.push({ key, ageSeconds: (now - Math.max(stats.mtimeMs, stats.ctimeMs)) / 1000 });
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  async removeUnfinished(olderThanSeconds: number): Promise<number> {
    const now = await this.#now();
    let removed = 0;
    for await (const { name } of await opendir(this.#incoming)) {
      const path = join(this.#incoming, name);
      const modified = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Infinity,
      );
      if (now - modified < olderThanSeconds * 1000) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  async check(): Promise<void> {
    const probe = join(this.#incoming, uuidv7());
    try {
      await writeDurably(probe, Readable.from(['probe']));
    } finally {
      await rm(probe, { force: true });
    }
  }

  async #store(key: string, body: Readable, publish: (from: string, to: string) => Promise<void>): Promise<ObjectInfo> {
    const target = this.#pathOf(key);
    const temporary = join(this.#incoming, uuidv7());
    try {
      await writeDurably(temporary, body);
      await makeFolderDurably(dirname(target));
      await publish(temporary, target);
      await syncFolder(dirname(target));
      return infoOf(await stat(target, { bigint: true }));
    } catch (error) {
      throw explained(error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** By the clock that stamps the files, in milliseconds: a share on another machine has one of its own. */
  async #now(): Promise<number> {
    const probe = join(this.#incoming, uuidv7());
    try {
      await writeFile(probe, '');
      return (await stat(probe)).mtimeMs;
    } finally {
      await rm(probe, { force: true });
    }
  }

  /** In the order of their names, folder by folder, from behind `after`, a path below the folder. */
  async *#keysBelow(folder: string, [first = '', ...rest]: readonly string[]): AsyncGenerator<string> {
    const entries = await readdir(join(this.#objects, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw diskFault(error);
    });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries.filter(({ name }) => name >= first)) {
      const key = `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* this.#keysBelow(key, entry.name === first ? rest : []);
      else if (entry.name !== first && isObjectKey(key)) yield key;
    }
  }

  #pathOf(key: string): string {
    assertObjectKey(key);
    return join(this.#objects, key);
  }
}

/** Returns once the bytes are on the disk itself. */
async function writeDurably(path: string, body: Readable): Promise<void> {
  await pipeline(body, async (chunks: AsyncIterable<Buffer>) => {
    const file = await open(path, 'wx');
    try {
      await writeFile(file, chunks);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** With the names of all folders made on the way. */
async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** A file that is on the disk may have its name still in memory: a row must not outlive it in a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Not every file system knows it.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'EPERM') throw error;
  } finally {
    await folder.close();
  }
}

/** Keys are written once, so that size and time of writing tell two contents apart. */
function infoOf(stats: BigIntStats): ObjectInfo {
  return { bytes: Number(stats.size), etag: `"${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}"` };
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code;

const isMissing = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

function explained(error: unknown): unknown {
  return codeOf(error) === 'EEXIST' ? conflict('This address was used already: ask for a new one.') : diskFault(error);
}
