import type { Readable } from 'node:stream';

/** What is known of a stored object without reading it. */
export interface ObjectInfo {
  bytes: number;
  /** With its quotes, as HTTP has it. */
  etag: string;
}

export interface StoredObject extends ObjectInfo {
  stream: Readable;
}

export interface SignedGet {
  contentType: string;
  disposition?: string;
  expiresInSeconds: number;
}

export interface ListedObject {
  key: string;
  /** Since it was written or moved there, by the storage's own clock. */
  ageSeconds: number;
}

export interface SignedUpload {
  url: string;
  method: 'PUT';
  /** The client sends exactly these. */
  headers: Record<string, string>;
}

/**
 * Where pictures lie. Keys are made by us from `[A-Za-z0-9/_.-]`, never from a user's file name.
 * Two implementations: a folder on disk with signed URLs of our own, and S3.
 */
export interface Storage {
  /**
   * Streams an object in. Atomic: until all bytes have arrived nothing is readable under the key, and a failed or
   * aborted stream leaves nothing behind.
   * @throws {DomainError} `storage_full` when there is no room, `unavailable` when the storage fails or keeps silent.
   */
  put(key: string, body: Readable, contentType: string): Promise<ObjectInfo>;

  /** @throws {ObjectNotFound}; a stream that breaks off does so with `unavailable`. */
  open(key: string): Promise<StoredObject>;

  head(key: string): Promise<ObjectInfo | undefined>;

  /** Replaces what lies at `to`. @throws {ObjectNotFound} */
  move(from: string, to: string): Promise<void>;

  /** Missing keys are no error. */
  delete(keys: readonly string[]): Promise<void>;

  /**
   * Calls `use` with the path of a readable local file that holds the object: the object itself on disk, a temporary
   * copy for S3, removed afterwards. Decoders get paths, so that no picture travels through memory.
   * @throws {ObjectNotFound}
   */
  withLocalFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T>;

  /**
   * An absolute URL that serves the object as `contentType` without further credentials until it expires.
   * @param options.disposition the answer's `Content-Disposition` (RFC 6266); `inline` unless given.
   */
  signedGetUrl(key: string, options: SignedGet): Promise<string>;

  /** An absolute URL that takes one PUT of exactly this content type, and exactly this length where one is given. */
  signedPutUrl(
    key: string,
    options: { contentType: string; contentLength?: number; expiresInSeconds: number },
  ): Promise<SignedUpload>;

  /**
   * Objects whose keys begin with `prefix` and a slash, page by page, in an order in which `after`, the last key of an
   * earlier page, says where to go on.
   */
  list(prefix: string, after?: string): AsyncIterable<ListedObject[]>;

  /** Removes what uploads have left that began so long ago and never came to an end. @returns how many there were. */
  removeUnfinished(olderThanSeconds: number): Promise<number>;

  /** Resolves when objects can be read and written. */
  check(): Promise<void>;
}

export class ObjectNotFound extends Error {
  override name = 'ObjectNotFound';

  constructor(readonly key: string) {
    super(`No object under ${key}`);
  }
}
