import { randomBytes, timingSafeEqual } from 'node:crypto';
import { BoundedTurns } from '../../bounded-turns.js';
import { deriveKey, DERIVATIONS_AT_A_TIME } from './derive-key.js';

const ITERATIONS = 600_000;
const SALT_BYTES = 16;
/** Half a minute's worth. */
const MAX_WAITING = 200;

/** Above this a stored hash is nobody's, and checking it would be a way to burn a core. */
const MAX_ITERATIONS = 2_000_000;

/** Of the hashes met so far: as strong as the strongest brought over from elsewhere is every check made to seem. */
let mostIterations = ITERATIONS;

const turns = new BoundedTurns({
  atATime: DERIVATIONS_AT_A_TIME,
  waiting: MAX_WAITING,
  sentence: 'Too many people are signing in just now. Try again in a few seconds.',
  retryAfter: 5,
});

interface Derivation {
  salt: string;
  iterations: number;
}

interface ParsedHash extends Derivation {
  expected: Buffer;
}

/**
 * PBKDF2-HMAC-SHA256 in Django's form, `pbkdf2_sha256$iterations$salt$hash`.
 * @throws {DomainError} `unavailable` while too many passwords wait to be hashed or checked.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  const key = await turns.take(() => derive(password, { salt, iterations: ITERATIONS }));
  return `pbkdf2_sha256$${ITERATIONS}$${salt}$${key.toString('base64')}`;
}

/**
 * Whether a password is the one that was hashed; false for a hash of another form.
 * @throws {DomainError} `unavailable` as `hashPassword`.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parse(stored);
  return parsed !== null && turns.take(() => matches(password, parsed));
}

/**
 * As `verifyPassword`, for a stranger: takes as long for no hash at all (an unknown user), or one of another form or of
 * fewer iterations, as for the strongest, so that the time it took tells nothing of an account.
 * @param whenTurnComes called when the check's turn has come, before anything is computed; what it throws is thrown.
 * @throws {DomainError} `unavailable` as `hashPassword`.
 */
export async function verifyPasswordEvenly(
  password: string,
  stored: string | undefined,
  whenTurnComes: () => Promise<void>,
): Promise<boolean> {
  const parsed = stored === undefined ? null : parse(stored);
  mostIterations = Math.max(mostIterations, parsed?.iterations ?? 0);
  return turns.take(async () => {
    await whenTurnComes();
    const proved = parsed !== null && (await matches(password, parsed));
    const left = mostIterations - (parsed?.iterations ?? 0);
    if (left > 0) await derive(password, { salt: 'nobody', iterations: left });
    return proved;
  });
}

/** Whether a stored hash is weaker than those made now, as one brought over from another service may be. */
export const isWeakHash = (stored: string) => (parse(stored)?.iterations ?? 0) < ITERATIONS;

/** Whether it has the form of those that `verifyPassword` can check. */
export const isPasswordHash = (text: string) => parse(text) !== null;

/** Null for a hash of another form. */
function parse(stored: string): ParsedHash | null {
  const [algorithm, iterationsText, salt, expectedText] = stored.split('$');
  const iterations = Number(iterationsText);
  // SHA-256 has 32 bytes: anything else matches no password.
  if (algorithm !== 'pbkdf2_sha256' || !salt || !/^[A-Za-z0-9+/]{43}=$/.test(expectedText ?? '')) return null;
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) return null;
  return { salt, iterations, expected: Buffer.from(expectedText ?? '', 'base64') };
}

const derive = (password: string, { salt, iterations }: Derivation) => deriveKey({ password, salt, iterations });

async function matches(password: string, { expected, ...derivation }: ParsedHash): Promise<boolean> {
  const actual = await derive(password, derivation);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
