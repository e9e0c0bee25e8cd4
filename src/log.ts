import { type DestinationStream, type Logger, pino } from 'pino';
import { logContext } from './log-context.js';

/** Wherever these stand, at the top or up to three levels below, what they hold is not written. */
const SECRETS = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  'password',
  'passwordHash',
  'token',
  'access',
  'access_token',
  'refresh',
  'refresh_token',
  'refreshToken',
  'jwtSecret',
  'signature',
];

/**
 * JSON lines, on standard output unless another destination is given. Secrets are blanked by name, and of errors only
 * what describes the fault is kept: the further fields of a database error quote users' rows.
 */
export function createLog(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    mixin: () => ({ ...logContext() }),
    redact: { paths: SECRETS.flatMap(atEveryLevel), censor: '[secret]' },
    serializers: { err: describeFault, error: describeFault },
  };
  return pino(options, destination);
}

function atEveryLevel(name: string): string[] {
  const segment = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${segment}`, `*.*${segment}`, `*.*.*${segment}`];
}

function describeFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return { message: `thrown: ${typeof thrown}` };
  const { name, message, stack, code, cause } = thrown as NodeJS.ErrnoException;
  return { name, message, code, stack, ...(cause instanceof Error && { cause: describeFault(cause) }) };
}
