import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withChildren } from './processor-time.js';

const VENV = process.env.BENCH_DJANGO ?? join(tmpdir(), 'assay-bench-django');

export interface Peer {
  url: string;
  headers: Record<string, string>;
  /** Of gunicorn and its processes. */
  pids: number[];
  stop(): Promise<void>;
}

/**
 * Django REST framework under so many processes of gunicorn, on the same database and rows; null, with a message, where
 * it is not installed.
 */
export async function startDjango(
  ground: { databaseUrl: string; secret: string; userId: string },
  { workers, port }: { workers: number; port: number },
): Promise<Peer | null> {
  const gunicorn = join(VENV, 'bin/gunicorn');
  if (!existsSync(gunicorn)) {
    console.log(`Django REST framework is not in ${VENV}: bench/peers/django/install.sh puts it there. Left out.`);
    return null;
  }
  const url = new URL(ground.databaseUrl);
  const parameters = ['service:application', '--bind', `127.0.0.1:${port}`, '--workers', String(workers)];
  const server = spawn(gunicorn, [...parameters, '--threads', '4', '--log-level', 'error'], {
    cwd: join(import.meta.dirname, 'peers/django'),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      JWT_SECRET: ground.secret,
      PGHOST: url.searchParams.get('host') ?? url.hostname,
      PGUSER: url.username,
      PGPASSWORD: decodeURIComponent(url.password),
      PGDATABASE: url.pathname.slice(1),
    },
  });
  const headers = { Authorization: `Bearer ${await tokenOf(ground)}` };
  const peer = {
    url: `http://127.0.0.1:${port}/requests`,
    headers,
    pids: [] as number[],
    stop: async () => {
      if (server.exitCode !== null) return;
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      await exited;
    },
  };
  for (let tries = 0; tries < 150 && server.exitCode === null; tries += 1) {
    const answer = await fetch(peer.url, { headers }).catch(() => undefined);
    if (answer?.status === 200) return { ...peer, pids: await withChildren(server.pid ?? 0) };
    await sleep(200);
  }
  await peer.stop();
  throw new Error('Django does not answer; see above.');
}

/** As ours, but simplejwt takes one audience and wants no token id. */
async function tokenOf({ databaseUrl, secret, userId }: { databaseUrl: string; secret: string; userId: string }) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query<{ id: string }>('select id from sessions where user_id = $1', [userId]);
  await client.end();
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    typ: 'access',
    iss: 'assay',
    aud: 'assay-api',
    sub: userId,
    sid: rows[0]?.id,
    iat: now,
    exp: now + 3600,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
