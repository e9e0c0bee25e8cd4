import pMap from 'p-map';
import { v7 as uuidv7 } from 'uuid';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import { ObjectNotFound } from '../../storage/storage.js';
import type { ReceivedFile, RejectedFile } from './received-files.js';
import type { Services } from '../../services.js';
import type { Actor } from '../auth/actor.js';
import { sanitizeFilename } from './inspection/filename.js';
import { inspectStored } from './inspection/receive-file.js';
import { keepReceived, type KeptFiles } from './keep-received.js';
import { nothingTaken } from './receive.js';

/** Files read from storage at a time. */
const CONCURRENCY = 4;

export interface ReportedFile {
  filename: string;
  key: string;
  etag?: string | null | undefined;
}

/** `spent`: the key is used up by this call; where neither file nor rejection is given, it was by an earlier one. */
interface Outcome {
  key: string;
  spent: boolean;
  file?: ReceivedFile;
  rejection?: RejectedFile;
}

/**
 * Turns directly uploaded objects into images: each must lie under a key that was handed to this user for this request,
 * be what was uploaded, and pass the inspection a multipart file passes. It then moves to a key that no signed address
 * reaches, so that it can never be overwritten. Repeating a call changes nothing.
 * @throws {DomainError} `invalid` when not one file could be taken.
 */
export async function completeUploads(
  services: Pick<Services, 'db' | 'storage' | 'config'>,
  actor: Actor,
  request: DatasetRequest,
  files: readonly ReportedFile[],
): Promise<KeptFiles & { rejected: RejectedFile[] }> {
  const { db, storage } = services;
  const handedOut = await PresignedUpload.query(db)
    .whereIn(
      'key',
      files.map(({ key }) => key),
    )
    .where({ requestId: request.id, userId: actor.id });
  const slots = new Map(handedOut.map((slot) => [slot.key, slot]));
  const distinct = [...new Map(files.map((file) => [file.key, file])).values()];

  const outcomes = await pMap(distinct, (file) => takeOver(services, slots.get(file.key), file), {
    concurrency: CONCURRENCY,
  });
  const taken = outcomes.flatMap(({ file }) => file ?? []);
  const rejected = outcomes.flatMap(({ rejection }) => rejection ?? []);
  const repeated = outcomes.length - taken.length - rejected.length;
  if (taken.length === 0 && repeated === 0) throw nothingTaken(rejected);

  try {
    const kept = await db.transaction(async (trx) => {
      const spent = outcomes.flatMap(({ key, spent }) => (spent ? key : []));
      await PresignedUpload.query(trx).whereIn('key', spent).patch({ completedAt: new Date() });
      return keepReceived(trx, { requestId: request.id, ownerId: request.ownerId }, taken);
    });
    return { uploaded: kept.uploaded, skipped: kept.skipped + repeated, rejected };
  } catch (error) {
    await storage.delete(taken.map(({ key }) => key));
    throw error;
  }
}

async function takeOver(
  { storage, config }: Pick<Services, 'storage' | 'config'>,
  slot: PresignedUpload | undefined,
  { filename, key, etag }: ReportedFile,
): Promise<Outcome> {
  const reject = (code: string, message: string) => ({
    key,
    spent: false,
    rejection: { filename: sanitizeFilename(filename), code, message },
  });
  if (!slot) return reject('unknown_key', 'This key was not handed out to you for this request.');
  if (slot.completedAt) return { key, spent: false };

  const object = await storage.head(key);
  if (!object) return reject('missing', 'Nothing was uploaded under this key.');
  if (etag && bareEtag(etag) !== bareEtag(object.etag)) {
    return reject('etag_mismatch', 'What lies under this key is not what was uploaded: upload it again.');
  }
  const finalKey = `images/${slot.requestId}/${uuidv7()}`;
  try {
    await storage.move(key, finalKey);
  } catch (error) {
    if (error instanceof ObjectNotFound) return reject('missing', 'Another call is completing this upload.');
    throw error;
  }
  const inspected = await inspectStored(storage, finalKey, slot.filename, config.limits);
  return 'code' in inspected ? { key, spent: true, rejection: inspected } : { key, spent: true, file: inspected };
}

/** Proxies weaken entity tags, and clients drop the quotes. */
const bareEtag = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '');
