import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import type { Config } from './config.js';
import { connect } from './database/connection.js';
import { migrate } from './database/migrate.js';
import { Notifications } from './database/notifications.js';
import { isEntryFile } from './entry-file.js';
import { CallLimits } from './features/auth/call-limits.js';
import { TokenSigner } from './features/auth/token-signer.js';
import { ExportUrls } from './features/exports/export-urls.js';
import { PictureUrls } from './features/images/picture-urls.js';
import { QcEvents } from './features/qc/events.js';
import { ADMIN_ROLES, isHeld } from './features/users/administrators.js';
import { ensureFirstAdmin } from './features/users/first-admin.js';
import { ServerDrain } from './http/drain.js';
import { answerParserErrors } from './http/parser-errors.js';
import { loadJwtSecret, storageSigningKey } from './jwt-secret.js';
import { appRouter } from './router.js';
import { runProcess } from './run-process.js';
import { StartupError } from './startup-error.js';
import { createStorage } from './storage/create-storage.js';

const POOL_SIZE = 10;

export interface RunningApi {
  /** Where it can be reached on this machine; no trailing slash. */
  url: string;
  /** What signed URLs start with. */
  publicUrl: string;
  /** Whether an active user administers the service, as it starts. */
  hasAdmin: boolean;
  /** Is no longer ready, takes no new connections after a delay, lets requests under way finish, then ends. */
  close(hastened?: AbortSignal): Promise<void>;
}

/**
 * Serves HTTP from this process, on a database that is migrated already.
 * @param ground.delayMs for how long it goes on taking connections when it is to end, though it says that it is not ready.
 * @throws {StartupError} when the port cannot be had.
 */
export async function startApi(
  config: Config,
  { databaseUrl, log, delayMs = 0 }: { databaseUrl: string; log: Logger; delayMs?: number },
): Promise<RunningApi> {
  const jwtSecret = await loadJwtSecret(config);
  const db = connect(databaseUrl, { poolSize: POOL_SIZE, applicationName: 'assay api', log });
  const draining = new AbortController();
  const notifications = new Notifications({ databaseUrl, log });
  const qcEvents = new QcEvents({ notifications });
  const listening = listen(config);
  // It is awaited below, after other work: failing meanwhile must not count as unhandled.
  listening.catch(() => undefined);
  try {
    if (config.firstAdmin && !(await ensureFirstAdmin(db, config.firstAdmin))) {
      log.warn('ADMIN_EMAIL belongs to an account with another password, so it was not made an administrator');
    }
    // The port comes first: with PORT=0 it is only known now, and signed URLs bear it.
    const { port, drain, serve } = await listening;
    const publicUrl = config.publicUrl ?? `http://localhost:${port}`;
    const signingKey = storageSigningKey(jwtSecret);
    const storage = await createStorage({ storageUrl: config.storageUrl, publicUrl, signingKey });
    const app = createApp(
      {
        config: { ...config, publicUrl, jwtSecret },
        db,
        storage,
        pictureUrls: new PictureUrls({ publicUrl, signingKey }),
        exportUrls: new ExportUrls({ publicUrl, signingKey }),
        tokens: new TokenSigner(jwtSecret),
        callLimits: new CallLimits(db, config.rateLimitPerMinute),
        qcEvents,
        log,
      },
      appRouter,
      { draining: draining.signal },
    );
    const handle = app.callback();
    serve((request, response) => void handle(request, response));
    return {
      url: `http://${addressOf(config.host)}:${port}`,
      publicUrl,
      hasAdmin: await isHeld(db, ADMIN_ROLES),
      async close(hastened) {
        draining.abort();
        qcEvents.drain();
        await drain.end({ delayMs, hastened });
        await notifications.close();
        await db.destroy();
      },
    };
  } catch (error) {
    await listening.then(
      ({ server }) => server.close(),
      () => undefined,
    );
    await db.destroy();
    throw error;
  }
}

function addressOf(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

interface Listening {
  server: Server;
  port: number;
  drain: ServerDrain;
  /** Hands over the application; whoever asked before has waited for it. */
  serve: (application: RequestListener) => void;
}

/**
 * Before anything is made for it: a service that cannot listen has no use for a database.
 * @throws {StartupError} when the port cannot be had.
 */
export async function checkPort({ port, host }: Pick<Config, 'port' | 'host'>): Promise<void> {
  const probe = createServer();
  await listenOn(probe, { port, host });
  await new Promise((resolve) => probe.close(resolve));
}

async function listen({ port, host }: Config): Promise<Listening> {
  let serve: Listening['serve'] = () => undefined;
  const application = new Promise<RequestListener>((resolve) => {
    serve = resolve;
  });
  const server = createServer(
    // An upload may take its time; a connection on which nothing moves for minutes is given up.
    { requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 65_000 },
    (request, response) => void application.then((handle) => handle(request, response)),
  );
  server.setTimeout(5 * 60_000);
  answerParserErrors(server);
  const drain = new ServerDrain(server);
  await listenOn(server, { port, host });
  return { server, port: (server.address() as AddressInfo).port, drain, serve };
}

function listenOn(server: Server, { port, host }: Pick<Config, 'port' | 'host'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartupError(listenFault(error, port, host)));
    });
    server.listen(port, host, resolve);
  });
}

function listenFault(error: NodeJS.ErrnoException, port: number, host: string): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use. Stop what uses it, or set PORT to another.`;
  if (error.code === 'EACCES') return `Port ${port} is reserved for root. Set PORT to one above 1023.`;
  return `Cannot listen on ${host}, port ${port}: ${error.message}. Check HOST and PORT.`;
}

if (isEntryFile(import.meta.url)) {
  await runProcess(
    async ({ config, log, atEnd }) => {
      if (!config.databaseUrl) {
        throw new StartupError('DATABASE_URL is needed to run the API alone. `npm start` brings a database along.');
      }
      await migrate(config.databaseUrl, log);
      const delayMs = config.shutdownDelaySeconds * 1000;
      const api = await startApi(config, { databaseUrl: config.databaseUrl, log, delayMs });
      atEnd((hastened) => api.close(hastened));
      log.info({ url: api.url }, 'API ready');
    },
    { closeWithinMs: 80_000 },
  );
}
