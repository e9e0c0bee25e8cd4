import { execFile } from 'node:child_process';
import { chown, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StartupError } from '../startup-error.js';
import type { PostgresBinaries } from './postgres-binaries.js';

const run = promisify(execFile);

/** As whom PostgreSQL runs, and how a process becomes him. */
export interface PostgresUser {
  /** Program and arguments put before the command; empty: none. */
  prefix: readonly string[];
  /** Options for `spawn`. */
  ids: { uid?: number; gid?: number };
  /** Who must own PostgreSQL's files. */
  owner: Ids;
}

interface Ids {
  uid: number;
  gid: number;
}

/**
 * Chooses the user PostgreSQL runs as and gives him the cluster, if there is one. PostgreSQL refuses to run as root;
 * then it runs as the one who owns the cluster already, or else as `nobody`, in the first way that lets him reach both
 * the binaries and the folder. That folder itself stays root's: what root writes there, no other may lay a trap for.
 *
 * 1. as that user and nothing else;
 * 2. as that user with the one capability to pass folders that are closed to others;
 * 3. as root who goes by that user's name in a user namespace, where no other user can be become.
 *
 * @throws {StartupError} when no way works, or when the folder belongs to another ordinary user.
 */
export async function choosePostgresUser(folder: string, binaries: PostgresBinaries): Promise<PostgresUser> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const present = await stat(join(folder, 'data')).catch(() => undefined);
  if (uid !== 0) {
    if (present && present.uid !== uid) {
      throw new StartupError(
        `${folder} belongs to another user. Start as that user, or set DATA_DIR to a folder of your own.`,
      );
    }
    // initdb looks up its user's name, which a container started under a bare number does not have.
    return { prefix: present || hasName() ? [] : namespacePrefix(await idsOfNobody()), ids: {}, owner: { uid, gid } };
  }

  const ids = present && present.uid !== 0 ? { uid: present.uid, gid: present.gid } : await idsOfNobody();
  for (const user of waysToBe(ids)) {
    if (!(await canReach(user, folder, binaries))) continue;
    if (present && present.uid !== user.owner.uid) await giveCluster(join(folder, 'data'), user.owner);
    return user;
  }
  throw new StartupError(
    `PostgreSQL does not run as root, and no other user can reach both ${folder} and ${binaries.packageFolder}. ` +
      'Start assay as an ordinary user, move both to folders that others may pass (chmod o+x), or set DATABASE_URL.',
  );
}

function waysToBe({ uid, gid }: Ids): PostgresUser[] {
  const capability = '+dac_override';
  return [
    { prefix: [], ids: { uid, gid }, owner: { uid, gid } },
    {
      prefix: [
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        // access(2), which PostgreSQL asks before it opens, otherwise forgets the capability.
        '--securebits=+no_setuid_fixup',
        `--inh-caps=${capability}`,
        `--ambient-caps=${capability}`,
        '--',
      ],
      ids: {},
      owner: { uid, gid },
    },
    { prefix: namespacePrefix({ uid, gid }), ids: {}, owner: { uid: 0, gid: 0 } },
  ];
}

function namespacePrefix({ uid }: Ids): string[] {
  return ['unshare', '--user', `--map-user=${uid}`, '--'];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** The command as the given user would start it: program and arguments. */
export function commandAs(user: PostgresUser, program: string, parameters: readonly string[]): [string, string[]] {
  const [first = program, ...rest] = [...user.prefix, program, ...parameters];
  return [first, rest];
}

async function canReach(user: PostgresUser, folder: string, binaries: PostgresBinaries): Promise<boolean> {
  const script = 'cd "$1" && test -x "$2" && test -r "$3"';
  const [program, parameters] = commandAs(user, '/bin/sh', [
    ...['-c', script, 'sh'],
    ...[folder, binaries.postgres, join(binaries.packageFolder, 'native', 'share', 'postgresql', 'postgres.bki')],
  ]);
  try {
    await run(program, parameters, { ...user.ids, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

async function giveCluster(cluster: string, { uid, gid }: Ids): Promise<void> {
  await chown(cluster, uid, gid);
  for (const entry of await readdir(cluster, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid);
  }
}

async function idsOfNobody(): Promise<Ids> {
  const ask = async (option: string) => Number((await run('id', [option, 'nobody'])).stdout);
  return { uid: await ask('-u'), gid: await ask('-g') };
}
