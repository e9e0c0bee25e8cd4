import type { DatasetRequest } from '../../../models/dataset-request.js';
import { DomainError, invalid } from '../../errors.js';
import type { ReceivedFiles, RejectedFile } from './received-files.js';
import type { Services } from '../../services.js';
import { keepReceived, type KeptFiles } from './keep-received.js';

/**
 * Turns what one multipart call brought into images of a request. Rejected files cost the good ones nothing.
 * @throws {DomainError} `invalid` when no file at all was sent, or not one of them is a picture that can be taken.
 */
export async function receiveUpload(
  { db, storage }: Pick<Services, 'db' | 'storage'>,
  request: DatasetRequest,
  { stored, rejected }: ReceivedFiles,
): Promise<KeptFiles> {
  if (stored.length === 0) throw nothingTaken(rejected);
  try {
    return await db.transaction((trx) =>
      keepReceived(trx, { requestId: request.id, ownerId: request.ownerId }, stored),
    );
  } catch (error) {
    await storage.delete(stored.map(({ key }) => key));
    throw error;
  }
}

export function nothingTaken(rejected: readonly RejectedFile[]): DomainError {
  if (rejected.length === 0) return invalid('files', 'Send at least one picture in the field files.');
  const reasons = rejected.map(({ filename, message }) => `${filename}: ${message}`);
  return new DomainError('invalid', `No file was taken. ${reasons[0]}`, { files: reasons });
}
