import type { Knex } from 'knex';
import { type Command, CommandError } from './commands/command.js';
import { createUserCommand } from './commands/create-user.js';
import { grantCommand } from './commands/grant.js';
import { importDjangoCommand } from './commands/import-django.js';
import { importReferencesCommand } from './commands/import-references.js';
import { resetPasswordCommand } from './commands/reset-password.js';
import { unlockCommand } from './commands/unlock.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { connect } from './database/connection.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { findRunningPostgres } from './database/running-postgres.js';
import { DomainError } from './errors.js';
import { createLog } from './log.js';
import { StartupError } from './startup-error.js';

/** What an operator does from a terminal on the service's machine, while it runs or not: `npm run admin -- <command>`. */
const commands: Record<string, Command> = {
  'create-user': createUserCommand,
  grant: grantCommand,
  'reset-password': resetPasswordCommand,
  unlock: unlockCommand,
  'import-django': importDjangoCommand,
  'import-references': importReferencesCommand,
};

const USAGE_FAULT = 64; // EX_USAGE of sysexits.h
const CONFIG_FAULT = 78; // EX_CONFIG

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main([name = '', ...argv]: string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (['--help', '-h', 'help'].includes(name) || (command && argv.includes('--help'))) {
    say(usage(command && name));
    return 0;
  }
  if (!command) {
    const fault = name === '' ? 'Name a command.' : `There is no command ${name}.`;
    process.stderr.write(`${fault}\n\n${usage(undefined)}\n`);
    return USAGE_FAULT;
  }
  try {
    await run(command, argv);
    return 0;
  } catch (error) {
    return report(error);
  }
}

async function run(command: Command, argv: string[]): Promise<void> {
  const config = loadConfig();
  const log = createLog('warn');
  const { url, close } = await openDatabase(config);
  let db: Knex | undefined;
  try {
    await migrate(url, log);
    db = connect(url, { poolSize: 4, applicationName: 'assay admin', log });
    await command.run({ db, config, say, interrupted: interrupted() }, argv);
  } finally {
    await db?.destroy();
    await close();
  }
}

/** The database that the service uses: the one configured, the one it runs just now, or else the one it would run. */
async function openDatabase(config: Config): Promise<{ url: string; close: () => Promise<void> }> {
  const running = config.databaseUrl ?? (await findRunningPostgres(config.dataDir));
  if (running !== undefined) return { url: running, close: () => Promise.resolve() };
  const { url, stop } = await startEmbeddedPostgres(config.dataDir, createLog('warn'));
  return { url, close: stop };
}

/** A second Ctrl-C ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function usage(name: string | undefined): string {
  const shown = Object.entries(commands).filter(([known]) => name === undefined || known === name);
  const lines = shown.map(([known, { usage: parameters, summary }]) => `  ${known} ${parameters}\n      ${summary}`);
  return `npm run admin -- <command>\n\n${lines.join('\n')}`;
}

function report(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`In the environment variables:\n${error.message}\n`);
    return CONFIG_FAULT;
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const isForPeople = error instanceof CommandError || error instanceof DomainError || error instanceof StartupError;
  if (!isForPeople && !code.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
  process.stderr.write(`${(error as Error).message}\n`);
  return error instanceof CommandError || error instanceof DomainError ? 1 : USAGE_FAULT;
}

process.exitCode = await main(process.argv.slice(2));
