import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { createLog } from '../../src/log.js';
import { migrate } from '../../src/database/migrate.js';
import { makeDataDir, type Part, startPart } from '../support/processes.js';
import { renderPicture } from '../support/pictures.js';

const silent = pino({ level: 'silent' });
export const PASSWORD = 'correct horse battery';

/** A database server of its own, which a test may stop and start, and the parts of the service on it. */
export class Ground {
  readonly parts: Part[] = [];
  readonly dataDir: string;
  #server: EmbeddedPostgres;

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.dataDir = dataDir;
    this.#server = server;
  }

  static async lay(): Promise<Ground> {
    const dataDir = await makeDataDir();
    const server = await startEmbeddedPostgres(dataDir, silent);
    await migrate(server.url, createLog('silent'));
    return new Ground(dataDir, server);
  }

  get databaseUrl(): string {
    return this.#server.url;
  }

  get storage(): string {
    return join(this.dataDir, 'storage');
  }

  stopDatabase(): Promise<void> {
    return this.#server.stop();
  }

  async startDatabase(): Promise<void> {
    this.#server = await startEmbeddedPostgres(this.dataDir, silent);
  }

  async start(
    entry: 'api' | 'worker',
    environment: Record<string, string> = {},
    within: readonly string[] = [],
  ): Promise<Part> {
    const part = await startPart(
      entry,
      {
        DATABASE_URL: this.databaseUrl,
        DATA_DIR: this.dataDir,
        JWT_SECRET: 'a secret of the tests, 32 bytes and more',
        WORKER_THREADS: '1',
        ...environment,
      },
      { within },
    );
    this.parts.push(part);
    return part;
  }

  async query<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.databaseUrl);
    await client.connect();
    try {
      return (await client.query<Row>(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Files of the storage, unfinished ones included. */
  async storedFiles(): Promise<string[]> {
    await mkdir(this.storage, { recursive: true });
    const entries = await readdir(this.storage, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  async remove(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.stop('SIGKILL')));
    await this.#server.stop();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A customer with a request of his own, over HTTP. */
export class Customer {
  private constructor(
    readonly url: string,
    readonly token: string,
    readonly requestId: string,
  ) {}

  static async signUp(url: string): Promise<Customer> {
    const email = `user-${crypto.randomUUID()}@example.com`;
    await answerOf(url, 'POST', '/users', { json: { email, name: 'Ann', password: PASSWORD } });
    const login = await answerOf(url, 'POST', '/auth/login', { json: { username: email, password: PASSWORD } });
    const token = login.body.access_token as string;
    const request = await answerOf(url, 'POST', '/requests', { token, json: { title: 'Signs' } });
    return new Customer(url, token, request.body.id as string);
  }

  at(url: string): Customer {
    return new Customer(url, this.token, this.requestId);
  }

  call(method: string, path: string, json?: unknown): Promise<Answer> {
    return answerOf(this.url, method, path, { token: this.token, json });
  }

  upload(pictures: readonly Buffer[]): Promise<Answer> {
    const form = new FormData();
    for (const [index, bytes] of pictures.entries()) {
      form.append('files', new File([new Uint8Array(bytes)], `${index}.jpg`, { type: 'image/jpeg' }));
    }
    return answerOf(this.url, 'POST', `/requests/${this.requestId}/uploads`, { token: this.token, form });
  }

  async images(): Promise<unknown[]> {
    return (await this.call('GET', `/requests/${this.requestId}/uploads`)).body as unknown as unknown[];
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function answerOf(
  url: string,
  method: string,
  path: string,
  { token, json, form }: { token?: string; json?: unknown; form?: FormData },
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
    },
    body: form ?? (json === undefined ? null : JSON.stringify(json)),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text && JSON.parse(text)) as Answer['body'] };
}

/** Different bytes each, of about so many kilobytes. */
export const pictures = (count: number, size = 320) =>
  Promise.all(Array.from({ length: count }, (_, seed) => renderPicture({ seed, width: size, height: size })));
