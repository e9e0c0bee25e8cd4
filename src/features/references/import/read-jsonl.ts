import { createReadStream } from 'node:fs';
import { type Fault, type ListedReference, readListed } from './entry.js';

/** Longer lines are no references. */
const MAX_LINE_CHARACTERS = 65_536;

/**
 * A reference a line, as JSON: the hash under `pdq`, `pdq_hash` or `hash`, the address under `source_url`, `url` or
 * `source`, and a `quality` if there is one.
 */
export async function* readJsonl(path: string): AsyncGenerator<ListedReference | Fault> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line?.trim() === '') continue;
    const at = `line ${number}`;
    yield line === null ? { at, message: 'The line is too long.' } : readLine(line, at);
  }
}

function readLine(line: string, at: string): ListedReference | Fault {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    return { at, message: 'The line is not JSON.' };
  }
  if (typeof given !== 'object' || given === null) return { at, message: 'The line is no JSON object.' };
  const fields = given as Record<string, unknown>;
  return readListed(
    {
      hash: fields.pdq ?? fields.pdq_hash ?? fields.hash,
      sourceUrl: fields.source_url ?? fields.url ?? fields.source,
      quality: fields.quality ?? undefined,
    },
    at,
  );
}

/** Lines by `\n` or `\r\n`; null for one that is too long, of which no more is held than is allowed. */
async function* linesOf(path: string): AsyncGenerator<string | null> {
  let rest = '';
  let tooLong = false;
  const chunks: AsyncIterable<string> = createReadStream(path, { encoding: 'utf8' });
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield tooLong || line.length > MAX_LINE_CHARACTERS ? null : line;
      tooLong = false;
    }
    if (rest.length > MAX_LINE_CHARACTERS) {
      rest = '';
      tooLong = true;
    }
  }
  if (rest !== '' || tooLong) yield tooLong ? null : rest;
}
