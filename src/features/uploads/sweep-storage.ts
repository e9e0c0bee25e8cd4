import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Knex } from 'knex';
import { validate, v7 as uuidv7 } from 'uuid';
import { DatasetExport } from '../../../models/dataset-export.js';
import { Image } from '../../../models/image.js';
import { PresignedUpload } from '../../../models/presigned-upload.js';
import { Setting } from '../../../models/setting.js';
import { enqueue, type JobContext, type JobPayloads } from '../../queue/job.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';

/** No call takes half as long, so that no transaction still to come can refer to what is older. */
const ABANDONED_AFTER_SECONDS = 48 * 60 * 60;
/** After as many a job makes room for others and goes on in the next. */
const PAGES_A_JOB = 50;
const OWNER_KEY = 'checks/owner';
const OWNER_SETTING = 'storage_owner';

/** Where objects lie that rows refer to, and which of a page's keys are referred to. */
const rooms: Record<string, (db: Knex, keys: readonly string[]) => Promise<Set<string>>> = {
  images: storageKeys,
  clinical: storageKeys,
  incoming: handedOutKeys,
  thumbnails: derivedKeys,
  heatmaps: derivedKeys,
  exports: exportKeys,
};
const ROOM_NAMES = Object.keys(rooms);

export interface SweepOptions {
  db: Knex;
  storage: Storage;
  abandonedAfterSeconds?: number;
  pagesAJob?: number;
}

/**
 * Deletes objects that no row refers to and that are older than any call still under way: what a process that was
 * killed between storing and committing has left. Goes on in another job after so many pages, and where it is to stop.
 * @throws {Error} where the storage belongs to another database, of whose rows nothing is known here.
 */
export async function sweepStorage(
  { db, storage, abandonedAfterSeconds = ABANDONED_AFTER_SECONDS, pagesAJob = PAGES_A_JOB }: SweepOptions,
  { room: from, after: start }: JobPayloads['sweepStorage'],
  { shutdown }: Pick<JobContext, 'shutdown'>,
): Promise<void> {
  await assertOwned(db, storage);
  if (from === undefined) await storage.removeUnfinished(abandonedAfterSeconds);
  let pages = 0;
  for (const room of ROOM_NAMES.slice(Math.max(0, ROOM_NAMES.indexOf(from ?? '')))) {
    const isFirst = room === from;
    for await (const page of storage.list(room, isFirst ? start : undefined)) {
      const old = page.filter(({ ageSeconds }) => ageSeconds >= abandonedAfterSeconds).map(({ key }) => key);
      const claimed = await rooms[room]?.(db, old);
      await storage.delete(old.filter((key) => claimed && !claimed.has(key)));
      const after = page.at(-1)?.key;
      pages += 1;
      if (after === undefined || (pages < pagesAJob && !shutdown.aborted)) continue;
      await enqueue(db, 'sweepStorage', { room, after }, 'sweepStorage');
      return;
    }
  }
}

/**
 * A storage and a database bear the same mark, set when they first meet here. A storage with pictures of which this database
 * knows none is another's that has not been here yet, or this one's before the database was lost.
 */
async function assertOwned(db: Knex, storage: Storage): Promise<void> {
  await Setting.query(db).insert({ key: OWNER_SETTING, value: uuidv7() }).onConflict('key').ignore();
  const ours = (await Setting.query(db).findById(OWNER_SETTING).throwIfNotFound()).value as string;
  const theirs = await readMark(storage);
  if (theirs === undefined) {
    if (await holdsOthersPictures(db, storage)) {
      throw new Error(
        `The storage holds pictures of which this database knows none: nothing is swept. Write ${ours} to the object ` +
          `${OWNER_KEY} if they are to be deleted.`,
      );
    }
    await storage.put(OWNER_KEY, Readable.from([Buffer.from(ours)]), 'text/plain');
  } else if (theirs !== ours) {
    throw new Error(
      `The storage belongs to another database: nothing is swept. Write ${ours} to the object ${OWNER_KEY} if it is ` +
        `this one's.`,
    );
  }
}

/** By the first page of pictures. */
async function holdsOthersPictures(db: Knex, storage: Storage): Promise<boolean> {
  let seen = 0;
  for (const room of ['images', 'clinical']) {
    for await (const page of storage.list(room)) {
      const known = await storageKeys(
        db,
        page.map(({ key }) => key),
      );
      if (known.size > 0) return false;
      seen += page.length;
      break;
    }
  }
  return seen > 0;
}

async function readMark(storage: Storage): Promise<string | undefined> {
  try {
    return await text((await storage.open(OWNER_KEY)).stream);
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

async function storageKeys(db: Knex, keys: readonly string[]): Promise<Set<string>> {
  const rows = await Image.query(db).select('storageKey').whereIn('storageKey', keys);
  return new Set(rows.map(({ storageKey }) => storageKey));
}

async function handedOutKeys(db: Knex, keys: readonly string[]): Promise<Set<string>> {
  const rows = await PresignedUpload.query(db).select('key').whereIn('key', keys);
  return new Set(rows.map(({ key }) => key));
}

/** Named after their export, which has its file noted once that is whole. */
async function exportKeys(db: Knex, keys: readonly string[]): Promise<Set<string>> {
  const exportIdOf = (key: string) => /^exports\/([^/.]+)\.\w+$/.exec(key)?.[1] ?? '';
  const ids = keys.map(exportIdOf).filter((id) => validate(id));
  const rows = await DatasetExport.query(db).select('id').whereIn('id', ids);
  const present = new Set(rows.map(({ id }) => id));
  return new Set(keys.filter((key) => present.has(exportIdOf(key))));
}

/** Named after their image, and made anew for it at any time: while there is the image they stay. */
async function derivedKeys(db: Knex, keys: readonly string[]): Promise<Set<string>> {
  const ids = keys.map(imageIdOf).filter((id) => validate(id));
  const rows = await Image.query(db).select('id').whereIn('id', ids);
  const present = new Set(rows.map(({ id }) => id));
  return new Set(keys.filter((key) => present.has(imageIdOf(key))));
}

const imageIdOf = (key: string) => /\/([^/]+)\.webp$/.exec(key)?.[1] ?? '';
