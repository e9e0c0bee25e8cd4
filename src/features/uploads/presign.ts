import { randomBytes } from 'node:crypto';
import { raw } from 'objection';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { invalid } from '../../errors.js';
import type { SignedUpload } from '../../storage/storage.js';
import type { Services } from '../../services.js';
import type { Actor } from '../auth/actor.js';
import { sanitizeFilename } from './inspection/filename.js';

const EXPIRES_IN_SECONDS = 60 * 60;

export interface AnnouncedFile {
  filename: string;
  content_type: 'image/jpeg' | 'image/png' | 'image/webp';
  size_bytes?: number | undefined;
}

export interface PresignedFile extends SignedUpload {
  filename: string;
  key: string;
}

/**
 * Hands out one unguessable key and one signed PUT address for each file, good for an hour and one upload.
 * @throws {DomainError} `invalid` when there are too many files or one is announced larger than allowed.
 */
export async function presignUploads(
  { db, storage, config }: Pick<Services, 'db' | 'storage' | 'config'>,
  actor: Actor,
  request: DatasetRequest,
  files: readonly AnnouncedFile[],
): Promise<PresignedFile[]> {
  const { maxFileBytes, maxFilesPerUpload } = config.limits;
  if (files.length > maxFilesPerUpload) throw invalid('files', `Send at most ${maxFilesPerUpload} files in one call.`);
  const tooLarge = files.findIndex(({ size_bytes = 0 }) => size_bytes > maxFileBytes);
  if (tooLarge >= 0) throw invalid(`files.${tooLarge}.size_bytes`, `A file may have at most ${maxFileBytes} bytes.`);

  const slots = files.map((file) => ({
    ...file,
    key: `incoming/${request.id}/${randomBytes(24).toString('hex')}`,
  }));
  await PresignedUpload.query(db).insert(
    slots.map(({ key, filename, content_type: contentType }) => ({
      key,
      filename: sanitizeFilename(filename),
      contentType,
      expiresAt: raw(`now() + make_interval(secs => ${EXPIRES_IN_SECONDS})`),
      requestId: request.id,
      userId: actor.id,
    })),
  );
  return Promise.all(
    slots.map(async ({ key, filename, content_type: contentType, size_bytes: contentLength }) => {
      const options = { contentType, expiresInSeconds: EXPIRES_IN_SECONDS, ...(contentLength && { contentLength }) };
      return { filename, key, ...(await storage.signedPutUrl(key, options)) };
    }),
  );
}
