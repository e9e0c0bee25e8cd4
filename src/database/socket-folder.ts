import { createHash } from 'node:crypto';
import { chown, lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';

/** Of no TCP socket: it names the Unix one. */
export const POSTGRES_PORT = '5432';
const SOCKET = `.s.PGSQL.${POSTGRES_PORT}`;
/** A Unix socket's address holds 103 bytes on macOS and 107 on Linux, and PostgreSQL adds a slash and the socket's name. */
const LONGEST_FOLDER = 88;

/**
 * Where the server's socket is to lie: in `folder` itself, or, when its path is too long or holds characters that
 * PostgreSQL's list of folders gives a meaning to, in a folder of its owner's alone below the temporary one. A socket
 * that a killed server left there is taken away: PostgreSQL trusts the pid in the socket's lock file, which may be
 * another program's by now, or a zombie's.
 */
export async function prepareSocketFolder(folder: string, owner: { uid: number; gid: number }): Promise<string> {
  const suits = Buffer.byteLength(folder) <= LONGEST_FOLDER && /^[\w/.@+-]+$/.test(folder);
  const chosen = suits ? folder : await makeShortFolder(folder, owner);
  for (const name of [SOCKET, `${SOCKET}.lock`]) await rm(join(chosen, name), { force: true });
  return chosen;
}

async function makeShortFolder(folder: string, owner: { uid: number; gid: number }): Promise<string> {
  const name = `assay-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const temporary = tmpdir().length + 1 + name.length <= LONGEST_FOLDER ? tmpdir() : '/tmp';
  const short = join(temporary, name);
  // recursive: one left by a killed process is no error, whoever it belongs to.
  await mkdir(short, { mode: 0o700, recursive: true });
  const found = await lstat(short);
  if (!found.isDirectory() || ![owner.uid, process.getuid?.()].includes(found.uid)) {
    throw new StartupError(`${short} is needed for the database's socket and belongs to another user. Remove it.`);
  }
  if (found.uid !== owner.uid) await chown(short, owner.uid, owner.gid);
  return short;
}
