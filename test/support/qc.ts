import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/package-root.js';
import type { TestServer } from './server.js';

export interface QcResultRow {
  image_id: string;
  filename: string;
  duplicate_score: number;
  ai_generated_score: number;
  source_url: string | null;
  matched_image_id: string | null;
  flags: string[];
}

export interface QcStatusRow {
  status: string;
  images_total: number;
  images_done: number;
  images_failed: number;
  images_unchecked: number;
  percent: number;
  errors: { filename: string; message: string }[];
}

/** A QC worker process on a test server's database and storage: with pictures decoded where they always are. */
export function startTestWorker(server: TestServer): { stop: (signal?: NodeJS.Signals) => Promise<void> } {
  const { databaseUrl = '', dataDir, jwtSecret } = server.services.config;
  const child = fork(join(packageRoot, 'src/worker.ts'), {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      JWT_SECRET: jwtSecret,
      WORKER_THREADS: '1',
      LOG_LEVEL: 'error',
    },
  });
  const exited = once(child, 'exit');
  return {
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
    },
  };
}

/** A customer of a test server and his requests, as far as quality control goes. */
export class QcCustomer {
  private constructor(
    private readonly server: TestServer,
    readonly token: string,
  ) {}

  static async signUp(server: TestServer): Promise<QcCustomer> {
    return new QcCustomer(server, (await server.signUp()).token);
  }

  /** @returns the id of a request that holds these files. */
  async requestWith(files: Record<string, Buffer>): Promise<string> {
    const { body } = await this.server.api('POST', '/requests', { token: this.token, json: { title: 'QC' } });
    await this.upload(body.id as string, files);
    return body.id as string;
  }

  async upload(requestId: string, files: Record<string, Buffer>): Promise<void> {
    const form = new FormData();
    for (const [name, bytes] of Object.entries(files)) form.append('files', new File([new Uint8Array(bytes)], name));
    const { status, body } = await this.server.api('POST', `/requests/${requestId}/uploads`, {
      token: this.token,
      form,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  run = (requestId: string) => this.server.api('POST', `/requests/${requestId}/qc/run`, { token: this.token });

  cancel = (requestId: string) => this.server.api('POST', `/requests/${requestId}/qc/cancel`, { token: this.token });

  async status(requestId: string): Promise<QcStatusRow> {
    const path = `/requests/${requestId}/qc/status`;
    return (await this.server.api<QcStatusRow>('GET', path, { token: this.token })).body;
  }

  /** By file name. */
  async results(requestId: string, query = ''): Promise<Record<string, QcResultRow>> {
    const path = `/requests/${requestId}/qc/results${query}`;
    const { body } = await this.server.api<QcResultRow[]>('GET', path, { token: this.token });
    return Object.fromEntries(body.map((row) => [row.filename, row]));
  }

  /** Waits until the newest run has one of these states. */
  async reached(requestId: string, ...states: string[]): Promise<QcStatusRow> {
    for (;;) {
      const row = await this.status(requestId);
      if (states.includes(row.status)) return row;
      if (['failed', 'completed', 'cancelled'].includes(row.status)) throw new Error(`The run is ${row.status}`);
      await sleep(30);
    }
  }

  async runToEnd(requestId: string): Promise<Record<string, QcResultRow>> {
    await this.run(requestId);
    await this.reached(requestId, 'completed');
    return this.results(requestId);
  }
}
