import { chown, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of no TCP socket: it names the Unix one. */
export const POSTGRES_PORT = '5432';
const SOCKET = `.s.PGSQL.${POSTGRES_PORT}`;
/** A Unix socket's address holds 103 bytes on macOS and 107 on Linux, of which the socket's own name takes 14. */
const LONGEST_FOLDER = 88;

/**
 * Makes the folder that holds the server's socket, open to its owner alone: in `folder`, or, when that path is too long
 * or holds characters that PostgreSQL's list of folders gives a meaning to, below the temporary one.
 */
export async function makeSocketFolder(folder: string, owner: { uid: number; gid: number }): Promise<string> {
  const near = join(folder, 'socket');
  const suits = Buffer.byteLength(near) <= LONGEST_FOLDER && /^[\w/.@+-]+$/.test(near);
  const chosen = suits
    ? near
    : await mkdtemp(join(tmpdir().length <= LONGEST_FOLDER - 16 ? tmpdir() : '/tmp', 'assay-'));
  await mkdir(chosen, { recursive: true, mode: 0o700 });
  // PostgreSQL trusts the pid that a killed server left in its lock file, which may be another program's by now.
  for (const name of [SOCKET, `${SOCKET}.lock`]) await rm(join(chosen, name), { force: true });
  await chown(chosen, owner.uid, owner.gid);
  return chosen;
}

/** For a server that has ended, and taken its socket along. */
export async function removeSocketFolder(socketFolder: string): Promise<void> {
  await rmdir(socketFolder).catch(() => undefined);
}
