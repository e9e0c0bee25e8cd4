import { Readable } from 'node:stream';
import { DomainError } from '../../../errors.js';
import type { Storage } from '../../../storage/storage.js';
import type { ReceivedFile, RejectedFile } from '../received-files.js';
import { sanitizeFilename } from './filename.js';
import { type PictureFacts, PictureInspector } from './picture-inspector.js';
import { type PictureLimits, PictureRejected, tooLarge } from './rejection.js';
import { nameUnrecognised, UnrecognisedFile } from './unrecognised.js';

/**
 * Streams one file into storage while it is inspected. A file that cannot be taken leaves nothing under `key`, and the
 * rest of it is left flowing into nowhere.
 * @throws what storage or the source throws; nothing lies under `key` then.
 */
export async function receiveFile(
  source: Readable,
  filename: string,
  { storage, key, limits }: { storage: Storage; key: string; limits: PictureLimits },
): Promise<ReceivedFile | RejectedFile> {
  const inspected = new InspectedStream(source, limits);
  try {
    const contentType = await inspected.recognise();
    const { etag } = await storage.put(key, Readable.from(inspected.read(), { objectMode: false }), contentType);
    if (!inspected.facts) throw new Error('Storage took the file without reading it to its end');
    return { filename: sanitizeFilename(filename), key, etag, ...inspected.facts };
  } catch (error) {
    source.resume();
    // What storage says of itself comes first: on its way out it throws its own fault into the stream.
    return rejection(error instanceof DomainError ? error : (inspected.fault ?? error), filename);
  }
}

/**
 * Inspects what already lies in storage. A file that cannot be taken is deleted.
 * @throws {ObjectNotFound}
 */
export async function inspectStored(
  storage: Storage,
  key: string,
  filename: string,
  limits: PictureLimits,
): Promise<ReceivedFile | RejectedFile> {
  const { stream, etag, bytes } = await storage.open(key);
  try {
    if (bytes > limits.maxFileBytes) throw tooLarge(limits.maxFileBytes);
    const inspector = new PictureInspector(limits);
    for await (const chunk of stream) inspector.write(chunk as Buffer);
    return { filename: sanitizeFilename(filename), key, etag, ...inspector.end() };
  } catch (error) {
    stream.destroy();
    const rejected = await rejection(error, filename);
    await storage.delete([key]);
    return rejected;
  }
}

/** @throws the error itself where it is no verdict on the file. */
async function rejection(error: unknown, filename: string): Promise<RejectedFile> {
  const verdict = error instanceof UnrecognisedFile ? await nameUnrecognised(error) : error;
  if (!(verdict instanceof PictureRejected)) throw error;
  return { filename: sanitizeFilename(filename), code: verdict.code, message: verdict.message };
}

/** Passes a stream's chunks on once the inspector has seen them. */
class InspectedStream {
  /** Why the stream broke off, kept because whatever consumes it may wrap the error. */
  fault: unknown;
  facts: PictureFacts | undefined;
  readonly #inspector: PictureInspector;
  readonly #chunks: AsyncGenerator<Buffer>;
  readonly #opening: Buffer[] = [];

  constructor(source: Readable, limits: PictureLimits) {
    this.#inspector = new PictureInspector(limits);
    this.#chunks = this.#inspect(source);
  }

  /** Reads just far enough to know the format. */
  async recognise(): Promise<ReceivedFile['contentType']> {
    while (!this.#inspector.contentType) {
      const { value } = (await this.#chunks.next()) as { value: Buffer };
      this.#opening.push(value);
    }
    return this.#inspector.contentType;
  }

  async *read(): AsyncGenerator<Buffer> {
    yield* this.#opening.splice(0);
    yield* this.#chunks;
  }

  /** The source is not destroyed on the way out: the multipart parser it belongs to would wait for its end for ever. */
  async *#inspect(source: Readable): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.#inspector.write(chunk);
        yield chunk;
      }
      this.facts = this.#inspector.end();
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }
}
