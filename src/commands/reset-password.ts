import { parseArgs } from 'node:util';
import { resetPassword } from '../features/users/reset-password.js';
import { type Command, findNamedUser, operator } from './command.js';
import { readPassword } from './read-password.js';

export const resetPasswordCommand: Command = {
  usage: '<user> [--password-stdin]',
  summary: 'Give a user another password; ends his sessions, tokens and lock.',
  async run({ db, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { 'password-stdin': { type: 'boolean', default: false } },
    });
    const user = await findNamedUser(db, positionals[0]);
    const { password, show } = await readPassword({ fromStdin: values['password-stdin'], whose: user });
    await resetPassword(db, operator, user, password);
    show(say);
    say(`${user.email} has a new password. His sessions and tokens have ended.`);
  },
};
