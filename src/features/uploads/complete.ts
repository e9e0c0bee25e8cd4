import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { raw } from 'objection';
import pMap from 'p-map';
import { v7 as uuidv7 } from 'uuid';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import { DomainError } from '../../errors.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';
import type { ReceivedFile, RejectedFile } from './received-files.js';
import type { Services } from '../../services.js';
import type { Actor } from '../auth/actor.js';
import { sanitizeFilename } from './inspection/filename.js';
import { inspectStored } from './inspection/receive-file.js';
import { keepReceived, type KeptFiles } from './keep-received.js';
import { nothingTaken, takeBack } from './receive.js';

/** Files read from storage at a time. */
const CONCURRENCY = 4;
/** What is not there may be in the hands of another call, which says so once it is done. */
const LONGEST_WAIT_MS = 5000;
const LOOK_EVERY_MS = 200;

export interface ReportedFile {
  filename: string;
  key: string;
  etag?: string | null | undefined;
}

interface Taken {
  kind: 'taken';
  key: string;
  file: ReceivedFile;
}

type Outcome =
  | Taken
  /** What lay under the key cannot be taken, and is gone. */
  | { kind: 'refused'; key: string; rejection: RejectedFile }
  /** Nothing was done: the key stays what it was. */
  | { kind: 'passed over'; rejection: RejectedFile }
  /** As that, unless another call is completing the key. */
  | { kind: 'missing'; key: string; rejection: RejectedFile }
  /** An earlier call completed the key. */
  | { kind: 'repeated' }
  /** A fault of ours: the object lies under its key again. */
  | { kind: 'failed'; fault: unknown };

/**
 * Turns directly uploaded objects into images: each must lie under a key that was handed to this user for this request,
 * be what was uploaded, and pass the inspection a multipart file passes. It then moves to a key that no signed address
 * reaches, so that it can never be overwritten. Repeating a call changes nothing, at the same time neither. Every key
 * looked at is used up, also by a refusal; where a file cannot be inspected or the images cannot be kept, the objects go
 * back under their keys, so that the call can be repeated.
 * @throws {DomainError} `invalid` when not one file could be taken; `too_large` where all are that.
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

  const outcomes = await pMap(
    distinct,
    (file) =>
      takeOver(services, slots.get(file.key), file).catch((fault: unknown): Outcome => ({ kind: 'failed', fault })),
    { concurrency: CONCURRENCY },
  );
  const taken = outcomes.filter((outcome) => outcome.kind === 'taken');
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  await useUp(db, refused);
  const failed = outcomes.find((outcome) => outcome.kind === 'failed');
  if (failed) {
    await giveUp(storage, taken, failed.fault);
    throw failed.fault;
  }
  const kept = await keepTaken(services, request, taken);

  // Last: of two calls that wait for each other's files, each has kept its own.
  const missing = outcomes.filter((outcome) => outcome.kind === 'missing');
  const completed = await completedElsewhere(db, missing);
  const repeated = outcomes.filter(({ kind }) => kind === 'repeated').length + completed.size;
  const rejected = outcomes.flatMap((outcome) => {
    if (outcome.kind === 'missing' && completed.has(outcome.key)) return [];
    return 'rejection' in outcome ? outcome.rejection : [];
  });
  if (taken.length === 0 && repeated === 0) throw nothingTaken(rejected);
  return { uploaded: kept.uploaded, skipped: kept.skipped + repeated, rejected };
}

async function keepTaken(
  { db, storage }: Pick<Services, 'db' | 'storage'>,
  { id: requestId, ownerId }: DatasetRequest,
  taken: readonly Taken[],
): Promise<KeptFiles> {
  if (taken.length === 0) return { uploaded: 0, skipped: 0 };
  try {
    return await db.transaction(async (trx) => {
      await useUp(trx, taken);
      const received = taken.map(({ file }) => file);
      return keepReceived(trx, { requestId, ownerId }, received);
    });
  } catch (error) {
    await giveUp(storage, taken, error);
    throw error;
  }
}

/** The keys among these that another call completes while they are waited for. */
async function completedElsewhere(db: Knex, missing: readonly { key: string }[]): Promise<Set<string>> {
  if (missing.length === 0) return new Set();
  const keys = missing.map(({ key }) => key);
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const completed = await PresignedUpload.query(db).whereIn('key', keys).whereNotNull('completedAt').select('key');
    if (completed.length === keys.length || performance.now() > deadline)
      return new Set(completed.map(({ key }) => key));
    await sleep(LOOK_EVERY_MS);
  }
}

async function useUp(db: Knex, spent: readonly { key: string }[]): Promise<void> {
  const keys = spent.map(({ key }) => key);
  await PresignedUpload.query(db)
    .whereIn('key', keys)
    .patch({ completedAt: raw('now()') });
}

/** With the request its keys are gone, too, and nobody could ever report them again. */
async function giveUp(storage: Storage, taken: readonly Taken[], fault: unknown): Promise<void> {
  const requestIsGone = fault instanceof DomainError && fault.kind === 'not_found';
  if (requestIsGone) {
    await takeBack(
      storage,
      taken.map(({ file }) => file.key),
      fault,
    );
  } else {
    await pMap(taken, ({ key, file }) => moveBack(storage, file.key, key, fault), { concurrency: CONCURRENCY });
  }
}

/** Where storage will not move it either, the fault that came first is told, and `sweepStorage` finds what is left. */
async function moveBack(storage: Storage, from: string, to: string, fault: unknown): Promise<void> {
  await storage.move(from, to).catch((second: unknown) => {
    if (fault instanceof Error) fault.cause ??= second;
  });
}

async function takeOver(
  { storage, config }: Pick<Services, 'storage' | 'config'>,
  slot: PresignedUpload | undefined,
  { filename, key, etag }: ReportedFile,
): Promise<Outcome> {
  const rejectionOf = (code: string, message: string): RejectedFile => ({
    filename: sanitizeFilename(filename),
    code,
    message,
  });
  const passOver = (code: string, message: string): Outcome => ({
    kind: 'passed over',
    rejection: rejectionOf(code, message),
  });
  const missing: Outcome = {
    kind: 'missing',
    key,
    rejection: rejectionOf('missing', 'Nothing was uploaded under this key.'),
  };
  if (!slot) return passOver('unknown_key', 'This key was not handed out to you for this request.');
  if (slot.completedAt) return { kind: 'repeated' };

  const object = await storage.head(key);
  if (!object) return missing;
  if (etag && bareEtag(etag) !== bareEtag(object.etag)) {
    return passOver('etag_mismatch', 'What lies under this key is not what was uploaded: upload it again.');
  }
  const finalKey = `images/${slot.requestId}/${uuidv7()}`;
  try {
    await storage.move(key, finalKey);
  } catch (error) {
    if (error instanceof ObjectNotFound) return missing;
    throw error;
  }
  const inspected = await inspectStored(storage, finalKey, slot.filename, config.limits).catch(
    async (fault: unknown) => {
      await moveBack(storage, finalKey, key, fault);
      throw fault;
    },
  );
  return 'code' in inspected ? { kind: 'refused', key, rejection: inspected } : { kind: 'taken', key, file: inspected };
}

/** Proxies weaken entity tags, and clients drop the quotes. */
const bareEtag = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '');
