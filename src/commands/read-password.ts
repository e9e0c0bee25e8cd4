import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { newPasswordSchema, refuseOwnName } from '../features/auth/password-rules.js';
import { CommandError, type CommandServices } from './command.js';

export interface NewPassword {
  password: string;
  /** Tells it to the person at the terminal, unless he gave it himself. */
  show: (say: CommandServices['say']) => void;
}

/**
/**
 * The password for an account: one made up, to be shown once it holds, unless it is to come from standard input. Never from
 * the command line, which every user of the machine can read.
 * @param from.whose account it is for.
 * @throws {CommandError} for one that is too short or too easily guessed.
 */
export async function readPassword({
  fromStdin,
  whose,
}: {
  fromStdin: boolean;
  whose: { email: string; username?: string | undefined; name: string };
}): Promise<NewPassword> {
  if (!fromStdin) {
    const password = randomBytes(15).toString('base64url');
    return { password, show: (say) => say(`Password: ${password}`) };
  }
  const parsed = newPasswordSchema.safeParse((await text(process.stdin)).replace(/\r?\n$/, ''));
  if (!parsed.success) throw new CommandError(parsed.error.issues[0]?.message ?? 'This password will not do.');
  refuseOwnName(parsed.data, whose);
  return { password: parsed.data, show: () => undefined };
}
