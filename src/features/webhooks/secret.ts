import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { openUrl, sealUrl, type SealingKey } from '../cameras/sealed-url.js';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** Another key than those of tokens, storage URLs and cameras, from the same secret (HKDF, RFC 5869). */
export const webhookKey = (jwtSecret: string): SealingKey =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', 'assay webhook secrets', 32));

/** As Standard Webhooks writes a symmetric secret: `whsec_` and base64. */
export const newSecret = () => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** Encrypted for one webhook: a copy of the database signs nothing. */
export const sealSecret = (key: SealingKey, webhookId: string, secret: string) => sealUrl(key, webhookId, secret);

/** Null when it was sealed with another key. */
export const openSecret = (key: SealingKey, webhookId: string, sealed: Buffer) => openUrl(key, webhookId, sealed);

/** The headers of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, scheme `v1`. */
export function signatureHeaders(secret: string, id: string, body: string, now = new Date()): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
