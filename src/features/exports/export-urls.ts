import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { DatasetExport } from '../../../models/dataset-export.js';
import { startOfSigningWindow } from '../../storage/signed-url.js';

/** Long enough to click on it, or to hand it to a program. */
export const DOWNLOAD_EXPIRES_IN_SECONDS = 60 * 60;

/**
 * Makes the addresses that exports are fetched from, `<publicUrl>/exports/<id>/download?…`, signed with HMAC-SHA256:
 * absolute, expiring, and good without any further credentials, as a link in a browser needs them.
 */
export class ExportUrls {
  readonly #publicUrl: string;
  readonly #signingKey: Buffer;

  constructor({ publicUrl, signingKey }: { publicUrl: string; signingKey: string }) {
    this.#publicUrl = publicUrl.replace(/\/+$/, '');
    this.#signingKey = Buffer.from(hkdfSync('sha256', signingKey, '', 'export-url', 32));
  }

  /** Null until there is something to fetch. */
  download({ id, status }: Pick<DatasetExport, 'id' | 'status'>): string | null {
    if (status !== 'completed') return null;
    const expires = String(startOfSigningWindow(DOWNLOAD_EXPIRES_IN_SECONDS) + DOWNLOAD_EXPIRES_IN_SECONDS);
    const signature = this.#signatureOf(id, expires).toString('base64url');
    return `${this.#publicUrl}/exports/${id}/download?expires=${expires}&signature=${signature}`;
  }

  /** Whether an address with this query is one of ours and still good. */
  isSigned(id: string, query: URLSearchParams): boolean {
    const expires = query.get('expires') ?? '';
    const expected = this.#signatureOf(id, expires);
    const given = Buffer.from(query.get('signature') ?? '', 'base64url');
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    return genuine && Number(expires) * 1000 > Date.now();
  }

  #signatureOf(id: string, expires: string): Buffer {
    return createHmac('sha256', this.#signingKey)
      .update(JSON.stringify([id, expires]))
      .digest();
  }
}
