/** What a command of `npx assay` works with. */
export interface CommandContext {
  /** Aborted by Ctrl-C: what can stop in good order does. */
  interrupted: AbortSignal;
  /** A line on standard output. */
  say: (line: string) => void;
}

export interface Command {
  /** Behind the command's name: `<folder> [options]`. */
  usage: string;
  summary: string;
  /** A line for each option and whatever else is to be known. */
  details: string;
  /**
   * @param argv what stands behind the command's name.
   * @returns the exit code.
   * @throws {CliError} a sentence for the person at the terminal.
   */
  run: (context: CommandContext, argv: string[]) => Promise<number>;
}

/** What the person at the terminal did wrong, or wants that cannot be. */
export class CliError extends Error {
  override name = 'CliError';
}

/** Exit codes: nothing was found, something was, it could not be done, it was interrupted. */
export const CLEAN = 0;
export const FOUND = 1;
export const FAILED = 2;
export const INTERRUPTED = 130;

/** The one thing that a command is about. @throws {CliError} where it is missing, or there is more. */
export function onlyOne(positionals: readonly string[], what: string): string {
  const [one, ...rest] = positionals;
  if (one === undefined || rest.length > 0) throw new CliError(`Name one ${what}.`);
  return one;
}

/** So many of a thing: `1 picture`, `2 pictures`. */
export const many = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

/** @throws {CliError} unless it is a number in the range. */
export function asNumber(
  text: string | undefined,
  {
    name,
    fallback,
    min,
    max,
    whole = false,
  }: { name: string; fallback: number; min: number; max: number; whole?: boolean },
): number {
  if (text === undefined) return fallback;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw new CliError(`${name} takes ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`);
  }
  return value;
}
