import type { Actor } from '../features/auth/actor.js';
import type { Origin } from '../features/auth/caller.js';
import type { Credential } from '../features/auth/credential.js';
import type { ReceivedFiles } from '../features/uploads/received-files.js';
import type { Services } from '../services.js';

/** What a procedure knows of the request that called it. */
export interface Context extends Services, Origin {
  /** The signed-in user as the database has him now; null for an anonymous caller. */
  actor: Actor | null;
  /** What proved who calls; null for an anonymous caller. */
  credential: Credential | null;
  /** Whether the call came with a token or the like, good or not. */
  presentsCredential: boolean;
  requestId: string;
  ip: string;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** Sets a header of the HTTP answer, whichever face was called. */
  setHeader(name: string, value: string): void;
  /** The address called, query included, as the public knows it: for `Link` headers. Null unless a REST read. */
  restUrl: string | null;
  /**
   * Streams the files of a multipart call to storage, now: a procedure authorises first and reads afterwards.
   * @param accept.fields names of the form fields that carry files; files under another name are rejected one by one.
   * @param accept.maxFiles how many are taken, where that is less than in any call.
   * @throws {DomainError} `invalid` when the call is not multipart, `too_large` when it is over the limit as a whole.
   */
  receiveFiles(accept: { fields: readonly string[]; keyPrefix: string; maxFiles?: number }): Promise<ReceivedFiles>;
}
