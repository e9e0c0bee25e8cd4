import { unlockUser } from '../features/users/unlock.js';
import { type Command, findNamedUser, operator } from './command.js';

export const unlockCommand: Command = {
  usage: '<user>',
  summary: 'Let a user who was locked out by failed logins in again.',
  async run({ db, say }, [name]) {
    const user = await findNamedUser(db, name);
    const forgotten = await unlockUser(db, operator, user);
    say(forgotten ? `${user.email} may log in again.` : `${user.email} had no failed logins.`);
  },
};
