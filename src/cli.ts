#!/usr/bin/env node
import { statusOf, TRPCClientError } from '../client/index.js';
import { CliError, type Command, FAILED, INTERRUPTED } from './cli/command.js';
import { exportCommand } from './cli/export.js';
import { loginCommand } from './cli/login.js';
import { logoutCommand } from './cli/logout.js';
import { qcCommand } from './cli/qc.js';
import { requestCommand } from './cli/request.js';
import { shown } from './cli/terminal.js';
import { uploadCommand } from './cli/upload.js';
import { watchCommand } from './cli/watch.js';

/** `npx assay <command>`. */
const commands: Record<string, Command> = {
  qc: qcCommand,
  login: loginCommand,
  logout: logoutCommand,
  request: requestCommand,
  upload: uploadCommand,
  watch: watchCommand,
  export: exportCommand,
};

async function main([name = '', ...argv]: string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    say(overview());
    return 0;
  }
  if (!command) {
    complain(`There is no command ${shown(name)}: npx assay --help lists them.`);
    return FAILED;
  }
  const ownArgs = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  if (ownArgs.includes('--help') || ownArgs.includes('-h')) {
    say(`npx assay ${name} ${command.usage}\n\n${command.summary}\n${command.details}`);
    return 0;
  }
  const interrupted = interruption();
  try {
    return await command.run({ interrupted, say }, argv);
  } catch (error) {
    if (interrupted.aborted) return INTERRUPTED;
    complain(sentenceOf(error));
    return FAILED;
  }
}

function overview(): string {
  const lines = Object.entries(commands).map(([name, { usage, summary }]) => `  ${name} ${usage}\n      ${summary}`);
  return `npx assay <command>\n\n${lines.join('\n')}\n\nnpx assay <command> --help tells more.`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** The first Ctrl-C ends in good order, a second at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function sentenceOf(error: unknown): string {
  if (error instanceof CliError) return error.message;
  const { code = '', message, path } = error as NodeJS.ErrnoException;
  if (code.startsWith('ERR_PARSE_ARGS')) return message.split('. ')[0]?.replace(/\.?$/, '.') ?? message;
  if (error instanceof TRPCClientError && statusOf(error) !== null && statusOf(error) !== 0)
    return shown(error.message);
  if (statusOf(error) === null) return 'The service cannot be reached: is the address right, and does it run?';
  if (code === 'ENOSPC') return 'There is no room left on the disk.';
  if (code !== '' && path !== undefined) return `${shown(path)} cannot be used (${code}).`;
  return `Something went wrong: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

// Whoever reads the output may have enough of it: `npx assay qc --json . | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
