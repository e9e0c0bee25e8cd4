import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyRouter } from '@trpc/server';
import type { Knex } from 'knex';
import pino, { type Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { RoleCode } from '../../models/user-role.js';
import { Session } from '../../models/session.js';
import { UserRole } from '../../models/user-role.js';
import { User } from '../../models/user.js';
import { createApp, type AppOptions } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { CallLimits } from '../../src/features/auth/call-limits.js';
import { TokenSigner } from '../../src/features/auth/token-signer.js';
import { ExportUrls } from '../../src/features/exports/export-urls.js';
import { Notifications } from '../../src/database/notifications.js';
import { PictureUrls } from '../../src/features/images/picture-urls.js';
import { QcEvents, type QcEventsOptions } from '../../src/features/qc/events.js';
import { storageSigningKey } from '../../src/jwt-secret.js';
import { appRouter } from '../../src/router.js';
import { createStorage } from '../../src/storage/create-storage.js';
import type { Services } from '../../src/services.js';
import { freshDatabase } from './database.js';

export interface TestServerOptions extends AppOptions {
  /** The service's own unless given. */
  router?: AnyRouter;
  /** Environment variables as in the README; here the rate limit is off and the log silent unless set. */
  env?: NodeJS.ProcessEnv;
  log?: Logger;
  qcEvents?: Partial<QcEventsOptions>;
  /** Stands on that server's database and storage, as a second API process would. */
  sharing?: TestServer;
}

export interface ApiOptions<Body> {
  token?: string;
  json?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  /** Checks the answer's body. */
  as?: z.ZodType<Body>;
}

export interface ApiAnswer<Body> {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else the text. */
  body: Body;
}

export interface TestUser {
  id: string;
  email: string;
  username: string;
}

/** Every test user's. */
export const TEST_PASSWORD = 'correct horse battery';
/** Of `TEST_PASSWORD`, with one iteration: hundreds of users cost nothing. */
const TEST_PASSWORD_HASH = 'pbkdf2_sha256$1$salt$kbetH8pvQW2woEDkqwW3lBiusahaNsvlbcMnQlA1Qxc=';

/** The whole API on a port of its own, over a database and a storage folder of its own. */
export interface TestServer {
  /** `http://127.0.0.1:…`, without a slash at the end. */
  url: string;
  services: Services;
  db: Knex;
  api<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: ApiOptions<Body>,
  ): Promise<ApiAnswer<Body>>;
  /** Puts a user straight into the database. */
  signUp(options?: {
    roles?: readonly RoleCode[];
    organizationId?: string | null;
    isActive?: boolean;
  }): Promise<{ token: string; user: TestUser }>;
  stop(): Promise<void>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = createServer({ requestTimeout: 0 });
  const url = await listen(server);
  const ground = options.sharing ? shareGround(options.sharing) : await layGround();
  const notifications = new Notifications({
    databaseUrl: ground.databaseUrl,
    log: options.log ?? pino({ level: 'silent' }),
  });
  const services = await createServices({ ...ground, notifications }, url, options);
  const app = createApp(services, options.router ?? appRouter, {
    ...(options.draining && { draining: options.draining }),
    ...(options.mostCalls !== undefined && { mostCalls: options.mostCalls }),
  });
  const answer = app.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    url,
    services,
    db: services.db,
    api: (method, path, call) => callApi(url, method, path, call),
    signUp: (user) => signUp(services, user),
    stop: async () => {
      services.qcEvents.drain();
      await close(server);
      await notifications.close();
      await ground.remove();
    },
  };
}

interface Ground {
  db: Knex;
  databaseUrl: string;
  folder: string;
  remove(): Promise<void>;
}

async function layGround(): Promise<Ground> {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  const remove = async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { db: database.db, databaseUrl: database.url, folder, remove };
}

function shareGround({ services }: TestServer): Ground {
  const { config, db } = services;
  return { db, databaseUrl: config.databaseUrl ?? '', folder: config.dataDir, remove: () => Promise.resolve() };
}

async function createServices(
  { db, databaseUrl, folder, notifications }: Ground & { notifications: Notifications },
  url: string,
  options: TestServerOptions,
) {
  const config = loadConfig({
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: url,
    JWT_SECRET: 'a secret of the tests, 32 bytes and more',
    RATE_LIMIT_PER_MINUTE: '0',
    ...options.env,
  });
  const { jwtSecret = '', storageUrl, publicUrl = url } = config;
  const signingKey = storageSigningKey(jwtSecret);
  const storage = await createStorage({ storageUrl, publicUrl, signingKey });
  return {
    config: { ...config, jwtSecret, publicUrl },
    db,
    storage,
    pictureUrls: new PictureUrls({ publicUrl, signingKey }),
    exportUrls: new ExportUrls({ publicUrl, signingKey }),
    tokens: new TokenSigner(jwtSecret),
    callLimits: new CallLimits(db, config.rateLimitPerMinute),
    qcEvents: new QcEvents({ notifications, ...options.qcEvents }),
    log: options.log ?? pino({ level: 'silent' }),
  } satisfies Services;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function callApi<Body>(
  url: string,
  method: string,
  path: string,
  { token, json, form, headers, as }: ApiOptions<Body> = {},
): Promise<ApiAnswer<Body>> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: form ?? (json === undefined ? null : JSON.stringify(json)),
  });
  const text = await response.text();
  const isJson = text !== '' && /^application\/json\b/.test(response.headers.get('Content-Type') ?? '');
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: as ? as.parse(body) : (body as Body) };
}

async function signUp(
  { db, tokens }: Services,
  { roles = [], organizationId = null, isActive = true }: Parameters<TestServer['signUp']>[0] = {},
) {
  const id = uuidv7();
  const user = { id, email: `${id}@example.com`, username: `user-${id}` };
  await User.query(db).insert({
    ...user,
    name: 'Test User',
    passwordHash: TEST_PASSWORD_HASH,
    organizationId,
    isActive,
  });
  for (const roleCode of roles) await UserRole.query(db).insert({ userId: id, roleCode });
  const sessionId = uuidv7();
  await Session.query(db).insert({ id: sessionId, userId: id, expiresAt: new Date(Date.now() + 60 * 60 * 1000) });
  return { token: await tokens.signAccessToken({ userId: id, sessionId, now: new Date() }), user };
}
