import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Image } from '../../../models/image.js';
import type { Storage } from '../../storage/storage.js';

/** Long enough for a day's work on an open page. */
const EXPIRES_IN_SECONDS = 12 * 60 * 60;

/**
 * Makes the addresses that pictures are shown under: absolute, expiring, and good without any further credentials, as
 * an `<img>` on another host needs them.
 */
export class PictureUrls {
  readonly #storage: Storage;
  readonly #publicUrl: string;
  readonly #signingKey: string;

  constructor({ storage, publicUrl, signingKey }: { storage: Storage; publicUrl: string; signingKey: string }) {
    this.#storage = storage;
    this.#publicUrl = publicUrl;
    this.#signingKey = signingKey;
  }

  original(image: Pick<Image, 'storageKey' | 'contentType'>): Promise<string> {
    const { contentType } = image;
    return this.#storage.signedGetUrl(image.storageKey, { contentType, expiresInSeconds: EXPIRES_IN_SECONDS });
  }

  /** A thumbnail of at most 512 px; while it is being made, an address that waits for it; null if it cannot be made. */
  async preview(image: Pick<Image, 'id' | 'thumbnailKey' | 'thumbnailFailed'>): Promise<string | null> {
    if (image.thumbnailFailed) return null;
    if (image.thumbnailKey) return this.thumbnail(image.thumbnailKey);
    const expires = Math.floor(Date.now() / 1000) + EXPIRES_IN_SECONDS;
    return `${this.#publicUrl}/previews/${image.id}?expires=${expires}&signature=${this.#sign(image.id, expires)}`;
  }

  thumbnail(key: string): Promise<string> {
    return this.#storage.signedGetUrl(key, { contentType: 'image/webp', expiresInSeconds: EXPIRES_IN_SECONDS });
  }

  /** Whether a waiting preview address is one of ours and still good. */
  isSignedPreview(imageId: string, expires: number, signature: string): boolean {
    const expected = Buffer.from(this.#sign(imageId, expires));
    const given = Buffer.from(signature);
    const genuine = expected.length === given.length && timingSafeEqual(expected, given);
    return genuine && expires * 1000 > Date.now();
  }

  #sign(imageId: string, expires: number): string {
    return createHmac('sha256', this.#signingKey).update(`preview\n${imageId}\n${expires}`).digest('base64url');
  }
}
