import { createHmac, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.js';
import { createOnce } from './secret-file.js';

/** The configured HS256 key, or else one made once in `DATA_DIR`: every process on that folder reads the same. */
export async function loadJwtSecret({ jwtSecret, dataDir }: Pick<Config, 'jwtSecret' | 'dataDir'>): Promise<string> {
  if (jwtSecret) return jwtSecret;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return createOnce(join(dataDir, 'jwt-secret'), () => randomBytes(32).toString('base64url'));
}

/** The key that signs storage URLs: another than the tokens', so that neither can be taken for the other. */
export function storageSigningKey(jwtSecret: string): string {
  return createHmac('sha256', jwtSecret).update('assay storage urls').digest('base64url');
}
