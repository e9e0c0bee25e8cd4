/** A reference as a list has it. */
export interface ListedReference {
  sourceUrl: string;
  /** 32 bytes. */
  pdq: Buffer;
  /** 0…100. */
  pdqQuality: number;
}

/** Where something is wrong in a source, and what. */
export interface Fault {
  /** `line 7`, or a file's name. */
  at: string;
  message: string;
}

export const MAX_URL_LENGTH = 2000;
const HASH = /^[0-9a-f]{64}$/i;

export const isHash = (text: string) => HASH.test(text);

/** @returns what is wrong with it, where something is. */
export function readListed(
  given: { hash: unknown; sourceUrl: unknown; quality: unknown },
  at: string,
): ListedReference | Fault {
  const { hash, sourceUrl } = given;
  if (typeof hash !== 'string' || !isHash(hash))
    return { at, message: 'There is no PDQ hash of 64 hexadecimal digits.' };
  if (typeof sourceUrl !== 'string' || sourceUrl === '') return { at, message: 'There is no address.' };
  if (sourceUrl.length > MAX_URL_LENGTH)
    return { at, message: `The address is over ${MAX_URL_LENGTH} characters long.` };
  if (sourceUrl.includes('\0')) return { at, message: 'The address holds a NUL character.' };
  const quality = given.quality === undefined || given.quality === '' ? 100 : Number(given.quality);
  if (!Number.isInteger(quality) || quality < 0 || quality > 100) {
    return { at, message: 'The quality is no whole number from 0 to 100.' };
  }
  return { sourceUrl, pdq: Buffer.from(hash, 'hex'), pdqQuality: quality };
}
