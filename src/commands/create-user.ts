import { parseArgs } from 'node:util';
import { z } from 'zod';
import { lockAdministrators } from '../features/users/administrators.js';
import { changeRoles } from '../features/users/change-roles.js';
import { insertUser } from '../features/users/create.js';
import { knownRole } from '../features/users/grant-role.js';
import { newUserSchema } from '../features/users/input.js';
import { recordAudit } from '../features/audit/record.js';
import { hashPassword } from '../features/auth/password.js';
import { type Command, CommandError, operator } from './command.js';
import { readPassword } from './read-password.js';

export const createUserCommand: Command = {
  usage: '<e-mail> [--name "Ada Lovelace"] [--username ada] [--role ADMIN]… [--password-stdin]',
  summary: 'Make an account; its password is made up and shown, or read from standard input.',
  async run({ db, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        username: { type: 'string' },
        role: { type: 'string', multiple: true, default: [] },
        'password-stdin': { type: 'boolean', default: false },
      },
    });
    const email = positionals[0] ?? '';
    const parsed = newUserSchema
      .pick({ email: true, name: true, username: true })
      .safeParse({ email, name: values.name ?? email, username: values.username });
    if (!parsed.success) throw new CommandError(z.prettifyError(parsed.error));
    const granted = values.role.map(knownRole);

    const from = { fromStdin: values['password-stdin'], whose: parsed.data };
    const { password, show } = await readPassword(from);
    const passwordHash = await hashPassword(password);
    const caller = { ...operator, actor: null };
    await db.transaction(async (trx) => {
      await lockAdministrators(trx);
      const user = await insertUser(trx, { ...parsed.data, passwordHash });
      await recordAudit(trx, caller, {
        action: 'user.created',
        target: { type: 'user', id: user.id },
        organizationId: null,
        details: { email: user.email, username: user.username, name: user.name },
      });
      await changeRoles(trx, caller, user, { granted });
    });
    show(say);
    say(`Created ${email}${granted.length > 0 ? ` with ${granted.join(', ')}` : ''}.`);
  },
};
