import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type SealingKey = Buffer;

/** What is kept secret, each under a key of its own. Part of the keys: who changes a text makes what is sealed unreadable. */
const purposes = {
  cameras: 'assay camera credentials',
  webhooks: 'assay webhook secrets',
  answers: 'assay idempotent answers',
};

/** Another key than those of tokens and signed addresses, from the same secret (HKDF, RFC 5869). */
export const sealingKey = (jwtSecret: string, purpose: keyof typeof purposes): SealingKey =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', purposes[purpose], 32));

/**
 * Encrypts with AES-256-GCM: nonce, tag, then the text. Whoever reads the database, or a copy of it, learns no secret.
 * @param rowId what is sealed for one row opens for no other.
 */
export function sealText(key: SealingKey, rowId: string, plain: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @returns null when it was sealed with another key, for another row, or was tampered with. */
export function openText(key: SealingKey, rowId: string, sealed: Buffer): string | null {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  if (tag.length < TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(rowId)).setAuthTag(tag);
  try {
    return decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
