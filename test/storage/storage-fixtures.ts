import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import Koa from 'koa';
import { pino } from 'pino';
import { loadConfig, type UploadLimits } from '../../src/config.js';
import { errorAnswers } from '../../src/http/error-answers.js';
import type { RequestState } from '../../src/http/request-state.js';
import { storageRoutes } from '../../src/http/storage-routes.js';
import { createStorage } from '../../src/storage/create-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { freshDatabase } from '../support/database.js';

export interface StorageFixture {
  storage: Storage;
  /** Paths of all files that lie in the storage's folder, finished or not. */
  files(): Promise<string[]>;
  close(): Promise<void>;
}

export interface DiskFixture extends StorageFixture {
  folder: string;
  publicUrl: string;
}

export interface S3Fixture extends StorageFixture {
  /** What the server was asked so far: method and address of each request. */
  requests: string[];
  storageUrl: string;
}

export const limits: UploadLimits = {
  maxFileBytes: 12 * 1024 * 1024,
  maxFilesPerUpload: 5,
  maxImagePixels: 10_000_000,
};

const BUCKET = 'pictures';

/** Storage in a folder of its own, with a server for its signed URLs. */
export async function diskStorage(): Promise<DiskFixture> {
  const folder = await temporaryFolder();
  const app = new Koa<RequestState>();
  app.silent = true;
  const server = createServer((request, response) => void app.callback()(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const storage = await createStorage({ storageUrl: `file:${folder}`, publicUrl, signingKey: 'k'.repeat(32) });
  app.use(errorAnswers(pino({ level: 'silent' })));
  const database = await freshDatabase();
  const config = { ...loadConfig({}), limits, publicUrl, jwtSecret: 'j'.repeat(32) };
  app.use(storageRoutes({ db: database.db, storage, config }));
  return {
    storage,
    folder,
    publicUrl,
    files: () => filesIn(folder),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Storage in a bucket of an S3 server of its own. */
export async function s3Storage(): Promise<S3Fixture> {
  const directory = await temporaryFolder();
  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    directory,
    silent: true,
    configureBuckets: [{ name: BUCKET }],
  });
  s3.on('error', () => undefined);
  const { port } = await s3.run();
  const requests: string[] = [];
  s3.httpServer.on('request', ({ method, url }) => requests.push(`${method} ${url}`));
  const environment = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' });
  const endpoint = `http://127.0.0.1:${port}`;
  const storageUrl = `s3://${BUCKET}?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1`;
  return {
    requests,
    storageUrl,
    storage: await createStorage({ storageUrl, publicUrl: 'http://unused.example', signingKey: 'k'.repeat(32) }),
    files: () => filesIn(directory),
    close: async () => {
      process.env = environment;
      s3.httpServer.closeAllConnections();
      await s3.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'assay-test-'));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
