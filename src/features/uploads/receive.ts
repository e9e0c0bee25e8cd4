import type { DatasetRequest } from '../../../models/dataset-request.js';
import { DomainError, invalid } from '../../errors.js';
import type { ReceivedFile, ReceivedFiles, RejectedFile } from './received-files.js';
import type { Services } from '../../services.js';
import { keepReceived, type KeptFiles } from './keep-received.js';

/**
 * Turns what one multipart call brought into images of a request. Rejected files cost the good ones nothing.
 * @throws {DomainError} `invalid` when no file at all was sent, or not one can be taken; `too_large` where all are that.
 */
export async function receiveUpload(
  { db, storage }: Pick<Services, 'db' | 'storage'>,
  request: DatasetRequest,
  { stored, rejected }: ReceivedFiles,
): Promise<KeptFiles> {
  if (stored.length === 0) throw nothingTaken(rejected);
  return orGiveUp(storage, stored, () =>
    db.transaction((trx) => keepReceived(trx, { requestId: request.id, ownerId: request.ownerId }, stored)),
  );
}

/** Where files cannot be kept, nothing of them is left in storage. */
export async function orGiveUp<Kept>(
  storage: Services['storage'],
  stored: readonly ReceivedFile[],
  keep: () => Promise<Kept>,
): Promise<Kept> {
  try {
    return await keep();
  } catch (error) {
    await takeBack(
      storage,
      stored.map(({ key }) => key),
      error,
    );
    throw error;
  }
}

/** Where storage will not delete either, the fault that came first is told, and `sweepStorage` finds what is left. */
export async function takeBack(storage: Services['storage'], keys: readonly string[], fault: unknown): Promise<void> {
  await storage.delete(keys).catch((second: unknown) => {
    if (fault instanceof Error) fault.cause ??= second;
  });
}

/**
 * `too_large` where that is what is wrong with each of them, otherwise `invalid`.
 * @param field of the form that carries the files.
 */
export function nothingTaken(rejected: readonly RejectedFile[], field = 'files'): DomainError {
  if (rejected.length === 0) return invalid(field, `Send at least one picture in the field ${field}.`);
  const reasons = rejected.map(({ filename, message }) => `${filename}: ${message}`);
  const kind = rejected.every(({ code }) => code === 'too_large') ? 'too_large' : 'invalid';
  return new DomainError(kind, `No file was taken. ${reasons[0]}`, { [field]: reasons });
}
