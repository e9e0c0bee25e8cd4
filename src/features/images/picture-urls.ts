import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Image } from '../../../models/image.js';
import { startOfSigningWindow } from '../../storage/signed-url.js';

/** Long enough for a day's work on an open page. */
export const PICTURE_EXPIRES_IN_SECONDS = 12 * 60 * 60;

/**
 * `original`: the file as uploaded. `preview`: a WebP of at most 512 px. `ai-heatmap`: one that shows where the picture
 * looks generated.
 */
export type PictureVariant = 'original' | 'preview' | 'ai-heatmap';

/**
 * Makes the addresses that pictures are shown under, `<publicUrl>/pictures/<image id>/<variant>?…`, signed with
 * HMAC-SHA256: absolute, expiring, and good without any further credentials, as an `<img>` on another host needs them.
 * A list holds thousands, and a storage's own signatures cost too much for that: they are made when a picture is shown.
 */
export class PictureUrls {
  readonly #publicUrl: string;
  readonly #signingKey: Buffer;

  constructor({ publicUrl, signingKey }: { publicUrl: string; signingKey: string }) {
    this.#publicUrl = publicUrl.replace(/\/+$/, '');
    this.#signingKey = Buffer.from(hkdfSync('sha256', signingKey, '', 'picture-url', 32));
  }

  original(image: Pick<Image, 'id'>): string {
    return this.#sign(image.id, 'original');
  }

  /** Good also while the thumbnail is being made; null if it cannot be made. */
  preview(image: Pick<Image, 'id' | 'thumbnailFailed'>): string | null {
    return image.thumbnailFailed ? null : this.#sign(image.id, 'preview');
  }

  /** Good whether the map is made or not: it is made when it is asked for. */
  heatMap(image: Pick<Image, 'id'>): string {
    return this.#sign(image.id, 'ai-heatmap');
  }

  /** Whether an address with this query is one of ours and still good. */
  isSigned(imageId: string, variant: PictureVariant, query: URLSearchParams): boolean {
    const expires = query.get('expires') ?? '';
    const expected = this.#signatureOf(imageId, variant, expires);
    const given = Buffer.from(query.get('signature') ?? '', 'base64url');
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    return genuine && Number(expires) * 1000 > Date.now();
  }

  #sign(imageId: string, variant: PictureVariant): string {
    const lifetime = PICTURE_EXPIRES_IN_SECONDS;
    const expires = String(startOfSigningWindow(lifetime) + lifetime);
    const signature = this.#signatureOf(imageId, variant, expires).toString('base64url');
    return `${this.#publicUrl}/pictures/${imageId}/${variant}?expires=${expires}&signature=${signature}`;
  }

  #signatureOf(imageId: string, variant: PictureVariant, expires: string): Buffer {
    const canonical = JSON.stringify([imageId, variant, expires]);
    return createHmac('sha256', this.#signingKey).update(canonical).digest();
  }
}
