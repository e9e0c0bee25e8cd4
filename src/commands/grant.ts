import { lockAdministrators } from '../features/users/administrators.js';
import { changeRoles } from '../features/users/change-roles.js';
import { knownRole } from '../features/users/grant-role.js';
import { type Command, findNamedUser, operator } from './command.js';

export const grantCommand: Command = {
  usage: '<user> <role>',
  summary: 'Give a user a role: SUPER_ADMIN, ADMIN, LABELER, CUSTOMER or VIEWER.',
  async run({ db, say }, [name, code = '']) {
    const role = knownRole(code);
    await db.transaction(async (trx) => {
      await lockAdministrators(trx);
      const user = await findNamedUser(trx, name);
      await changeRoles(trx, { ...operator, actor: null }, user, { granted: [role] });
    });
    say(`${String(name)} has ${role}.`);
  },
};
