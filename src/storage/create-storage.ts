import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DiskStorage } from './disk-storage.js';
import type { Storage } from './storage.js';

/**
 * Opens the storage that `STORAGE_URL` names: `file:` with an absolute or relative path, or `s3://bucket?…`.
 * @param options.publicUrl what signed URLs of storage on disk start with
 * @param options.signingKey what they are signed with
 * @throws {ConfigError} when an S3 URL is malformed.
 */
export async function createStorage(options: {
  storageUrl: string;
  publicUrl: string;
  signingKey: string;
}): Promise<Storage> {
  const { storageUrl, ...signing } = options;
  if (storageUrl.startsWith('file:')) return DiskStorage.open({ folder: folderOf(storageUrl), ...signing });
  const { S3Storage } = await import('./s3-storage.js');
  return S3Storage.open(storageUrl);
}

function folderOf(storageUrl: string): string {
  return storageUrl.startsWith('file://') ? fileURLToPath(storageUrl) : resolve(storageUrl.slice('file:'.length));
}
