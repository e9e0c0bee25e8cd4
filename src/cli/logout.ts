import { parseArgs } from 'node:util';
import { CLEAN, type Command } from './command.js';
import { forgetSession, readSession, signedInClient } from './session-file.js';

export const logoutCommand: Command = {
  usage: '',
  summary: 'End the session, and forget it here.',
  details: '\n  A personal access token is only forgotten here: revoke it where you made it.',
  async run({ say }, argv) {
    parseArgs({ args: argv, options: {} });
    const session = await readSession();
    try {
      if (session?.tokens) await (await signedInClient()).sessions.logOut.mutate();
    } finally {
      await forgetSession();
    }
    say(session ? 'Signed out.' : 'Nobody was signed in.');
    return CLEAN;
  },
};
