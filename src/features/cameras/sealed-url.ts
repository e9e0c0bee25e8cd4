import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Locks the addresses of streams: any may hold credentials. */
export type SealingKey = Buffer;

/** Another key than those of tokens and storage URLs, from the same secret (HKDF, RFC 5869). */
export const sealingKey = (jwtSecret: string): SealingKey =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', 'assay camera credentials', 32));

/**
 * Encrypts with AES-256-GCM: nonce, tag, then the text. Whoever reads the database, or a copy of it, learns no password.
 * @param cameraId what is sealed for one camera opens for no other.
 */
export function sealUrl(key: SealingKey, cameraId: string, url: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(cameraId));
  const text = Buffer.concat([cipher.update(url, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @returns null when it was sealed with another key, for another camera, or was tampered with. */
export function openUrl(key: SealingKey, cameraId: string, sealed: Buffer): string | null {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  if (tag.length < TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(cameraId)).setAuthTag(tag);
  try {
    return decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
