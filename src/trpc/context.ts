import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Actor } from '../features/auth/actor.js';
import type { PictureUrls } from '../features/images/picture-urls.js';
import type { Storage } from '../storage/storage.js';
import type { TokenSigner } from '../features/auth/token-signer.js';

/** What every request shares: made once at start. */
export interface Services {
  config: Config & { publicUrl: string; jwtSecret: string };
  db: Knex;
  storage: Storage;
  pictureUrls: PictureUrls;
  tokens: TokenSigner;
  log: Logger;
}

/** What a procedure knows of the request that called it. */
export interface Context extends Services {
  /** The signed-in user as the database has him now; null for an anonymous caller. */
  actor: Actor | null;
  requestId: string;
  ip: string;
  userAgent: string | null;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** Sets a header of the HTTP answer, whichever face was called. */
  setHeader(name: string, value: string): void;
  /** The address called, query included, as the public knows it: for `Link` headers. Null unless a REST read. */
  restUrl: URL | null;
  /**
   * Streams the files of a multipart call to storage, now: a procedure authorises first and reads afterwards.
   * @param accept names of the form fields that carry files; files under another name are rejected one by one.
   * @throws {DomainError} `invalid` when the call is not multipart, `too_large` when it is over the limit as a whole.
   */
  receiveFiles(accept: { fields: readonly string[]; keyPrefix: string }): Promise<ReceivedFiles>;
}

/** A picture that has passed inspection and lies in storage under its own key. */
export interface ReceivedFile {
  filename: string;
  key: string;
  etag: string;
  contentType: 'image/jpeg' | 'image/png' | 'image/webp';
  bytes: number;
  /** Lowercase hex. */
  sha256: string;
  width: number;
  height: number;
}

export interface RejectedFile {
  filename: string;
  /** Machine-readable: `not_an_image`, `too_large`, `too_many_pixels`, `truncated`, `animated`, `trailing_data`… */
  code: string;
  /** A sentence for a person. */
  message: string;
}

export interface ReceivedFiles {
  stored: ReceivedFile[];
  rejected: RejectedFile[];
}
