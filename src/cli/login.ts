import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { createClient } from '../../client/index.js';
import { CLEAN, CliError, type Command } from './command.js';
import { serviceUrl, writeSession } from './session-file.js';
import { shown } from './terminal.js';

export const loginCommand: Command = {
  usage: '[--url <address>] [--user <name>]',
  summary: 'Sign in to a service, for the commands that need one.',
  details: `
  --url <address>    of the service (ASSAY_URL, or http://localhost:8000)
  --user <name>      username or e-mail; else it is asked for
  --password-stdin   take the password from standard input
  --token-stdin      take a personal access token from standard input instead of name and password

  What was given is kept in assay/session.json in your config folder, readable by you alone. Programs may do without: set
  ASSAY_TOKEN and ASSAY_URL.`,
  async run({ say }, argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        url: { type: 'string' },
        user: { type: 'string' },
        'password-stdin': { type: 'boolean', default: false },
        'token-stdin': { type: 'boolean', default: false },
      },
    });
    const url = serviceUrl(values.url ?? process.env.ASSAY_URL);
    if (values['token-stdin']) {
      const token = await lineFromStdin();
      if (token === '') throw new CliError('There is no token on standard input.');
      const user = await createClient({ url, token }).auth.me.query();
      await writeSession({ url, token });
      say(`Signed in as ${shown(user.email)}.`);
      return CLEAN;
    }
    const username = values.user ?? (await ask('Username or e-mail: ', { hidden: false }));
    const password = values['password-stdin'] ? await lineFromStdin() : await ask('Password: ', { hidden: true });
    if (username.trim() === '' || password === '') throw new CliError('Give a name and a password.');
    const { access, refresh, user } = await createClient({ url }).auth.login.mutate({ username, password });
    await writeSession({ url, tokens: { access, refresh } });
    say(`Signed in as ${shown(user.email)}.`);
    return CLEAN;
  },
};

const lineFromStdin = async () => (await text(process.stdin)).replace(/\r?\n$/, '');

/** @throws {CliError} where there is nobody to ask. */
async function ask(question: string, { hidden }: { hidden: boolean }): Promise<string> {
  if (!process.stdin.isTTY) throw new CliError('Give --user, and the password by --password-stdin.');
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = hidden ? nowhere : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
