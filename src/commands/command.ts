import type { Knex } from 'knex';
import type { User } from '../../models/user.js';
import type { Config } from '../config.js';
import type { Origin } from '../features/auth/caller.js';
import { findUserByName } from '../features/users/find.js';

/** What a command of `npm run admin` works with. */
export interface CommandServices {
  db: Knex;
  config: Config;
  /** Aborted by Ctrl-C: what can stop in good order does. */
  interrupted: AbortSignal;
  /** A line for the person at the terminal. */
  say: (line: string) => void;
}

export interface Command {
  /** Behind the command's name: `<user> <role>`. */
  usage: string;
  summary: string;
  /** @param argv what stands behind the command's name. @throws {CommandError} a sentence for the person at the terminal. */
  run: (services: CommandServices, argv: string[]) => Promise<void>;
}

/** What the person at the terminal did wrong, or wants that cannot be. */
export class CommandError extends Error {
  override name = 'CommandError';
}

/** What the audit log says of a command. */
export const operator: Origin = { requestId: null, ip: null, userAgent: 'npm run admin' };

/** @throws {CommandError} */
export async function findNamedUser(db: Knex, name: string | undefined): Promise<User> {
  if (!name) throw new CommandError('Name a user by e-mail or username.');
  const user = await findUserByName(db, name);
  if (!user) throw new CommandError(`There is no user ${name}.`);
  return user;
}
