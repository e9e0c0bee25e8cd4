import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { User } from '../../../models/user.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from '../auth/caller.js';
import { lockAdministrators } from './administrators.js';
import { changeRoles } from './change-roles.js';
import { type ImportedUser, readDjangoUser } from './django-user.js';

const CHUNK = 200;

export interface ImportOutcome {
  imported: number;
  /** Users whose e-mail or username is taken already, as after an import that was interrupted. */
  known: number;
}

/** Told of each user who needs somebody's attention. */
export type ImportNotice = (name: string, what: string) => void;

/**
 * Brings over the users of a Django service with their passwords. Each batch is one transaction, and who is there
 * already stays as he is: an interrupted import is simply begun again.
 * @param source the objects of a dump; rows that are no users are passed over.
 * @param options.withRoles staff become ADMIN and superusers SUPER_ADMIN; else nobody has a role.
 */
export async function importDjangoUsers(
  db: Knex,
  origin: Origin,
  source: AsyncIterable<unknown>,
  { withRoles, notice }: { withRoles: boolean; notice: ImportNotice },
): Promise<ImportOutcome> {
  const outcome: ImportOutcome = { imported: 0, known: 0 };
  let batch: ImportedUser[] = [];
  const flush = async () => {
    const inserted = await db.transaction((trx) => insertBatch(trx, origin, batch, withRoles));
    outcome.imported += inserted.size;
    outcome.known += batch.length - inserted.size;
    for (const { account, passwordLost } of batch) {
      if (passwordLost && inserted.has(account.email)) notice(account.email, `the password ${passwordLost}: reset it`);
    }
    batch = [];
  };

  for await (const entry of source) {
    const read = readDjangoUser(entry);
    if (read === null) continue;
    if ('reason' in read) {
      notice(read.name, read.reason);
      continue;
    }
    batch.push(read.user);
    if (batch.length === CHUNK) await flush();
  }
  await flush();
  return outcome;
}

/** @returns the e-mails of those who were not there before. */
async function insertBatch(
  trx: Knex.Transaction,
  origin: Origin,
  users: readonly ImportedUser[],
  withRoles: boolean,
): Promise<Set<string>> {
  if (withRoles) await lockAdministrators(trx);
  const inserted = new Set<string>();
  for (const { account, roles } of users) {
    const id = uuidv7({ msecs: account.createdAt.getTime() });
    // Not through the model: it would hand back the row it was given, inserted or not.
    const [row] = await trx<User>(User.tableName)
      .insert({ id, ...account })
      .onConflict()
      .ignore()
      .returning('id');
    if (!row) continue;
    inserted.add(account.email);
    const user = await User.query(trx).findById(id).withGraphFetched('userRoles').throwIfNotFound();
    const caller = { ...origin, actor: null };
    await recordAudit(trx, caller, {
      action: 'user.imported',
      target: { type: 'user', id },
      organizationId: null,
      details: { email: user.email, username: user.username, from: 'django' },
    });
    if (withRoles) await changeRoles(trx, caller, user, { granted: roles });
  }
  return inserted;
}
