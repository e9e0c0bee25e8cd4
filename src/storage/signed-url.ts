import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { DomainError } from '../errors.js';

/** What a signed URL permits. */
export interface Grant {
  method: 'GET' | 'PUT';
  key: string;
  contentType: string;
  /** Bytes, where exactly so many must be sent. */
  contentLength?: number;
  /** The `Content-Disposition` to answer with, where it is not `inline`. */
  disposition?: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Makes and checks URLs of the form `<publicUrl>/storage/<key>?…&signature=…`, signed with HMAC-SHA256. */
export class UrlSigner {
  readonly #publicUrl: string;
  readonly #signingKey: Buffer;

  constructor(publicUrl: string, secret: string) {
    this.#publicUrl = publicUrl.replace(/\/+$/, '');
    this.#signingKey = Buffer.from(hkdfSync('sha256', secret, '', 'storage-url', 32));
  }

  sign(grant: Grant): string {
    const query = new URLSearchParams({
      method: grant.method,
      type: grant.contentType,
      ...(grant.contentLength !== undefined && { length: String(grant.contentLength) }),
      ...(grant.disposition !== undefined && { disposition: grant.disposition }),
      expires: String(grant.expiresAt),
      signature: this.#signatureOf(grant).toString('base64url'),
    });
    return `${this.#publicUrl}/storage/${grant.key}?${query.toString()}`;
  }

  /** @throws {DomainError} `forbidden` when the URL is not one that was signed, or has expired. */
  verify(method: Grant['method'], key: string, query: URLSearchParams): Grant {
    const length = query.get('length');
    const disposition = query.get('disposition');
    const grant: Grant = {
      method,
      key,
      contentType: query.get('type') ?? '',
      ...(length !== null && { contentLength: Number(length) }),
      ...(disposition !== null && { disposition }),
      expiresAt: Number(query.get('expires')),
    };
    const expected = this.#signatureOf(grant);
    const given = Buffer.from(query.get('signature') ?? '', 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new DomainError('forbidden', 'This address was not signed by us as it stands: ask for a new one.');
    }
    if (grant.expiresAt * 1000 <= Date.now()) {
      throw new DomainError('forbidden', 'This address has expired: ask for a new one.');
    }
    return grant;
  }

  #signatureOf({ method, key, contentType, contentLength, disposition, expiresAt }: Grant): Buffer {
    const canonical = JSON.stringify([method, key, contentType, contentLength ?? null, disposition ?? null, expiresAt]);
    return createHmac('sha256', this.#signingKey).update(canonical).digest();
  }
}

/**
 * The moment, in seconds since 1970, from which a URL good for `lifetime` seconds counts: the start of the current
 * quarter of that lifetime. URLs made shortly after each other are then the same, and browsers find what they cached.
 */
export function startOfSigningWindow(lifetime: number): number {
  const window = Math.max(1, Math.floor(lifetime / 4));
  return Math.floor(Date.now() / 1000 / window) * window;
}
