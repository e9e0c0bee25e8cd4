const MAX_LENGTH = 255;
/** Control characters, line separators, byte order marks, and the marks that reverse the direction of text. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A name fit to be shown: the last segment of the path a client sent, in Unicode NFC, at most 255 UTF-16 units with the
 * extension kept, `unnamed` where nothing is left. It is never used as a path or key.
 */
export function sanitizeFilename(name: string): string {
  const segment = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const clean = wellFormed(segment).normalize('NFC').replace(UNSAFE, '').trim();
  return /^\.*$/.test(clean) ? 'unnamed' : shorten(clean);
}

function shorten(name: string): string {
  if (name.length <= MAX_LENGTH) return name;
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(name)?.[0] ?? '';
  const stem = name.slice(0, MAX_LENGTH - extension.length);
  return stem.replace(/[\ud800-\udbff]$/, '') + extension;
}

/** Lone surrogates have no UTF-8 form. */
const wellFormed = (text: string) => Buffer.from(text).toString();
