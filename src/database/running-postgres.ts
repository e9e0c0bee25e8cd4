import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROLE } from './postgres-cluster.js';
import { findProcess } from './process-table.js';
import { POSTGRES_PORT } from './socket-folder.js';

/** Lines of PostgreSQL's `postmaster.pid`, counted from 0. */
const PID = 0;
const SOCKET_FOLDER = 4;
const STATUS = 7;

/**
 * The URL of the embedded PostgreSQL that another process, such as `npm start`, runs on `dataDir` just now; undefined
 * where none does.
 */
export async function findRunningPostgres(dataDir: string): Promise<string | undefined> {
  const folder = join(dataDir, 'postgres');
  try {
    const lines = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'))
      .split('\n')
      .map((line) => line.trim());
    const server = findProcess(Number(lines[PID]));
    if (!server?.commandLine.includes('postgres') || lines[STATUS] !== 'ready') return undefined;
    return embeddedUrl(await readFile(join(folder, 'password'), 'utf8'), lines[SOCKET_FOLDER] ?? '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A `postgresql://` URL over a Unix socket. */
export function embeddedUrl(password: string, socketFolder: string): string {
  return `postgresql://${ROLE}:${password}@localhost:${POSTGRES_PORT}/postgres?host=${encodeURIComponent(socketFolder)}`;
}
