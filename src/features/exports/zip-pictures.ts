import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { makeZip } from 'client-zip';
import { pMapIterable } from 'p-map';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';
import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';

/** A file of the archive: stored as it is, since pictures are compressed already. */
export interface ZipEntry {
  name: string;
  lastModified: Date;
  input: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Smaller files are fetched while others are still being written, so that a distant storage is not waited for. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;
const READ_AHEAD_FILES = 4;

/** A ZIP archive (ZIP64 where it grows beyond 4 GiB) made as it is read. */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  yield* makeZip(entries, { buffersAreUTF8: true }) as unknown as AsyncIterable<Uint8Array>;
}

/** The pictures of all pages, one after another, under the names they are given; those whose file is gone are left out. */
export async function* pictureEntries(
  { pages, progress, storage }: ExportSource,
  nameOf: (exported: ExportedImage) => string,
  added?: (exported: ExportedImage, name: string) => Promise<void>,
): AsyncGenerator<ZipEntry> {
  const fetched = pMapIterable(eachOf(pages()), (exported) => fetchSmall(storage, exported), {
    concurrency: READ_AHEAD_FILES,
    backpressure: READ_AHEAD_FILES,
  });
  for await (const { exported, bytes } of fetched) {
    const input = bytes ?? (await openIfThere(storage, exported.image.storageKey));
    if (input) {
      const name = nameOf(exported);
      yield { name, lastModified: exported.image.createdAt, input };
      await added?.(exported, name);
    } else {
      progress.miss();
    }
    await progress.advance(1);
  }
}

async function* eachOf(pages: AsyncIterable<ExportedImage[]>): AsyncGenerator<ExportedImage> {
  for await (const page of pages) yield* page;
}

/** Without bytes where the file is larger, or gone. */
async function fetchSmall(storage: Storage, exported: ExportedImage) {
  const { bytes, storageKey } = exported.image;
  const stream = bytes <= READ_AHEAD_BYTES ? await openIfThere(storage, storageKey) : undefined;
  return { exported, bytes: stream && (await buffer(stream)) };
}

async function openIfThere(storage: Storage, key: string): Promise<Readable | undefined> {
  try {
    return (await storage.open(key)).stream;
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}
