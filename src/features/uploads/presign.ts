import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { raw } from 'objection';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { User } from '../../../models/user.js';
import { conflict, invalid } from '../../errors.js';
import type { SignedUpload } from '../../storage/storage.js';
import type { Services } from '../../services.js';
import type { Actor } from '../auth/actor.js';
import { confirmActive } from '../auth/confirm-caller.js';
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
 * @throws {DomainError} `invalid` when there are too many files or one is announced larger than allowed, `conflict`
 * where the user has too many open already.
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
  await db.transaction(async (trx) => {
    await refuseTooMany(trx, actor.id, { wanted: slots.length, most: config.maxOpenUploads });
    await PresignedUpload.query(trx).insert(
      slots.map(({ key, filename, content_type: contentType }) => ({
        key,
        filename: sanitizeFilename(filename),
        contentType,
        expiresAt: raw(`now() + make_interval(secs => ${EXPIRES_IN_SECONDS})`),
        requestId: request.id,
        userId: actor.id,
      })),
    );
  });
  return Promise.all(
    slots.map(async ({ key, filename, content_type: contentType, size_bytes: contentLength }) => {
      const options = { contentType, expiresInSeconds: EXPIRES_IN_SECONDS, ...(contentLength && { contentLength }) };
      return { filename, key, ...(await storage.signedPutUrl(key, options)) };
    }),
  );
}

async function refuseTooMany(
  trx: Knex.Transaction,
  userId: string,
  { wanted, most }: { wanted: number; most: number },
): Promise<void> {
  // Of two calls at once, the later counts what the earlier was given.
  confirmActive(await User.query(trx).findById(userId).select('isActive').forNoKeyUpdate());
  const open = await PresignedUpload.query(trx)
    .where({ userId })
    .whereNull('completedAt')
    .where('expiresAt', '>', raw('now()'))
    .resultSize();
  if (open + wanted <= most) return;
  throw conflict(
    `You have ${open} addresses for uploads open, and ${most} may be: report what you have uploaded to ` +
      '/uploads/complete, or wait until they expire, an hour after you got them.',
  );
}
