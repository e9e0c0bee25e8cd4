import { dictionary } from '@zxcvbn-ts/language-common';
import { z } from 'zod';
import { invalid } from '../../errors.js';

const common = new Set(dictionary['passwords-common']);

/**
 * A password somebody chooses, as NIST SP 800-63B-4 has it: at least 8 characters, none of those that everybody chooses,
 * and no rules of composition.
 */
export const newPasswordSchema = z
  .string()
  .min(8, { error: 'Password too short (min 8 chars).', abort: true })
  .max(1024)
  .refine((password) => !isCommon(password), 'This password is too common.');

function isCommon(password: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase().trim();
  return common.has(plain) || isRepetitive(plain) || isSequence(plain);
}

/** One or two characters, however often, such as spaces alone. */
const isRepetitive = (text: string) => new Set(text).size <= 2;

/** `abcdefgh`, `98765432`. */
function isSequence(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return [1, -1].some((step) => codes.every((code, at) => at === 0 || code - (codes[at - 1] ?? 0) === step));
}

/**
 * @param whose what everybody knows of the account.
 * @throws {DomainError} `invalid` naming the field for a password that is one's own name or e-mail.
 */
export function refuseOwnName(
  password: string,
  whose: { email: string; username?: string | undefined; name: string },
  field = 'password',
): void {
  const names = [whose.email, whose.email.split('@')[0], whose.username, whose.name].map((text) => bare(text ?? ''));
  if (names.some((name) => name !== '' && name === bare(password))) {
    throw invalid(field, 'Your name and your e-mail are the first that others try: choose another password.');
  }
}

/** Without what is put between or behind a name to make it another. */
const bare = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/\p{N}+$/u, '');
