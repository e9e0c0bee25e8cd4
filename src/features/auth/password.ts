import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { DomainError } from '../../errors.js';

const ITERATIONS = 600_000;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** Half of the threads that files are read on: many logins at once must not stand in the way of everything else. */
const AT_A_TIME = 2;
const MAX_WAITING = 100;
const RETRY_AFTER_SECONDS = 5;

/** Above this a stored hash is not ours, and checking it would be a way to burn a core. */
const MAX_ITERATIONS = 10_000_000;

const pbkdf2Async = promisify(pbkdf2);
const turns = pLimit(AT_A_TIME);

async function derive(password: string, salt: string, iterations: number): Promise<Buffer> {
  if (turns.pendingCount >= MAX_WAITING) {
    const sentence = 'Too many people are signing in just now. Try again in a few seconds.';
    throw new DomainError('unavailable', sentence, undefined, RETRY_AFTER_SECONDS);
  }
  return turns(() => pbkdf2Async(password, salt, iterations, KEY_BYTES, 'sha256'));
}

/**
 * PBKDF2-HMAC-SHA256 in Django's form, `pbkdf2_sha256$iterations$salt$hash`.
 * @throws {DomainError} `unavailable` while too many passwords wait to be hashed or checked.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  const key = await derive(password, salt, ITERATIONS);
  return `pbkdf2_sha256$${ITERATIONS}$${salt}$${key.toString('base64')}`;
}

/**
 * Takes the same time whichever part is wrong; false for a hash of another form.
 * @throws {DomainError} `unavailable` as `hashPassword`.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [algorithm, iterationsText, salt, expectedText] = stored.split('$');
  const iterations = Number(iterationsText);
  if (algorithm !== 'pbkdf2_sha256' || !salt || !expectedText) return false;
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) return false;

  const expected = Buffer.from(expectedText, 'base64');
  const actual = await derive(password, salt, iterations);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A well-formed hash that no password matches: checked for unknown users, so that they take as long as known ones. */
export const UNMATCHABLE_HASH = `pbkdf2_sha256$${ITERATIONS}$${'x'.repeat(22)}$${Buffer.alloc(KEY_BYTES).toString('base64')}`;
