/** Of Node and the network: no connection to be had, or one that broke. */
const SYSTEM_CODES =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** SQLSTATE: connection exceptions, a server stopping, starting or crashed, no connection left. */
const SQL_STATES = /^(08...|57P0\d|53300)$/;
/** node-postgres and its pool give these no code, and knex puts the statement in front. */
const MESSAGES =
  /(^| - )(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client (has encountered a connection error|was closed))/;

/** Whether a statement failed because its connection, or the server behind it, was not there: it may succeed later. */
export function isDatabaseGone(error: Error): boolean {
  const { syscall, code, message } = nativeError(error);
  if (error.name === 'KnexTimeoutError' || syscall === 'connect') return true;
  return code === undefined ? MESSAGES.test(message) : SYSTEM_CODES.test(code) || SQL_STATES.test(code);
}

/** Objection wraps the driver's errors, which know the SQLSTATE. */
export function nativeError(error: Error): NodeJS.ErrnoException {
  return (error as { nativeError?: NodeJS.ErrnoException }).nativeError ?? error;
}
