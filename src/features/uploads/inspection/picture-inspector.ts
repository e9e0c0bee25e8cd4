import { createHash } from 'node:crypto';
import type { ReceivedFile } from '../received-files.js';
import { ByteReader, type Reading } from './byte-reader.js';
import { isJpeg, walkJpeg } from './jpeg.js';
import { isPng, walkPng } from './png.js';
import { empty, type PictureLimits, tooLarge, tooManyPixels } from './rejection.js';
import { UnrecognisedFile } from './unrecognised.js';
import { isWebp, walkWebp } from './webp.js';

export type PictureType = ReceivedFile['contentType'];

/** What inspection finds out; width and height as coded, before any EXIF orientation. */
export type PictureFacts = Pick<ReceivedFile, 'contentType' | 'bytes' | 'sha256' | 'width' | 'height'>;

const FORMATS = [
  { contentType: 'image/jpeg', matches: isJpeg, walk: walkJpeg },
  { contentType: 'image/png', matches: isPng, walk: walkPng },
  { contentType: 'image/webp', matches: isWebp, walk: walkWebp },
] as const;

const MAGIC_BYTES = 12;
/** How much of an unknown file is looked at to say what it is. */
const SAMPLE_BYTES = 4100;

/**
 * Looks at a file while it streams past: what it is by its magic bytes, whether its container is whole and within
 * limits, and its SHA-256. Decodes no pixel and holds one chunk at a time. Each step throws `PictureRejected`
 * or `UnrecognisedFile` as soon as the file cannot be taken.
 */
export class PictureInspector {
  readonly #limits: PictureLimits;
  readonly #hash = createHash('sha256');
  readonly #reader = new ByteReader();
  readonly #walk = this.#inspect();
  #contentType: PictureType | undefined;
  #bytes = 0;
  #size = { width: 0, height: 0 };

  constructor(limits: PictureLimits) {
    this.#limits = limits;
  }

  /** Known once the first 12 bytes are. */
  get contentType(): PictureType | undefined {
    return this.#contentType;
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxFileBytes) throw tooLarge(this.#limits.maxFileBytes);
    this.#hash.update(chunk);
    this.#reader.feed(chunk);
    this.#walk.next();
  }

  end(): PictureFacts {
    if (this.#bytes === 0) throw empty();
    this.#reader.end();
    this.#walk.next();
    if (!this.#contentType) throw new Error('The walk ended without a verdict');
    return { contentType: this.#contentType, bytes: this.#bytes, sha256: this.#hash.digest('hex'), ...this.#size };
  }

  *#inspect(): Reading<void> {
    const magic = yield* this.#reader.peek(MAGIC_BYTES);
    const format = FORMATS.find(({ matches }) => matches(magic));
    if (!format) throw new UnrecognisedFile(yield* this.#reader.peek(SAMPLE_BYTES));
    this.#contentType = format.contentType;
    yield* format.walk(this.#reader, (width, height) => {
      if (width * height > this.#limits.maxImagePixels) throw tooManyPixels(width, height, this.#limits.maxImagePixels);
      this.#size = { width, height };
    });
  }
}
