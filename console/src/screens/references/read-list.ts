import { parse } from 'csv-parse/browser/esm/sync';
import type { RouterInputs } from '../../api.js';

export type ListedReference = RouterInputs['references']['add']['references'][number];

/** What a block of lines held. */
export interface Block {
  references: ListedReference[];
  /** Numbers of lines, from 1, that were not understood. */
  faults: number[];
  lines: number;
}

/** The most references that the service takes in one call. */
const LINES_PER_BLOCK = 5000;
const HASH = /^[0-9a-f]{64}$/i;
const ADDRESS = /^https?:\/\/\S+$/i;
const hashNames = ['pdq', 'pdq_hash', 'hash', 'value'];
const addressNames = ['source_url', 'url', 'source', 'uri'];
const qualityNames = ['quality', 'pdq_quality'];

/**
 * Reads a list of PDQ hashes and addresses, CSV (RFC 4180, one record a line) or JSON Lines, block by block, however long
 * it is. The first row of a CSV may name its columns; without names they are told by what they hold.
 */
export async function* readList(file: Blob): AsyncGenerator<Block> {
  let columns: Columns | undefined;
  let before = 0;
  for await (const lines of blocksOf(file)) {
    const block: Block = { references: [], faults: [], lines: lines.length };
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const isObject = line.trimStart().startsWith('{');
      const record = isObject ? undefined : cellsOf(line);
      const named = before + index === 0 && record ? namedColumns(record) : undefined;
      if (named) {
        columns = named;
        continue;
      }
      const reference = record ? fromCells(record, columns) : fromObject(line);
      if (reference) block.references.push(reference);
      else block.faults.push(before + index + 1);
    }
    before += lines.length;
    yield block;
  }
}

async function* blocksOf(file: Blob): AsyncGenerator<string[]> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let lines: string[] = [];
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const parts = (rest + (value ?? '')).split(/\r?\n/);
    rest = done ? '' : (parts.pop() ?? '');
    for (const line of parts) {
      lines.push(line);
      if (lines.length < LINES_PER_BLOCK) continue;
      yield lines;
      lines = [];
    }
    if (done) break;
  }
  if (lines.length > 0) yield lines;
}

function cellsOf(line: string): string[] {
  try {
    const rows: string[][] = parse(line, { relax_quotes: true, trim: true, bom: true });
    return rows[0] ?? [];
  } catch {
    return [];
  }
}

interface Columns {
  hash: number;
  address: number;
  quality: number;
}

function namedColumns(cells: readonly string[]): Columns | undefined {
  const names = cells.map((name) => name.toLowerCase());
  const find = (wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const columns = { hash: find(hashNames), address: find(addressNames), quality: find(qualityNames) };
  return columns.hash >= 0 && columns.address >= 0 ? columns : undefined;
}

function fromCells(cells: readonly string[], columns: Columns | undefined): ListedReference | undefined {
  if (columns) return checked(cells[columns.hash], cells[columns.address], cells[columns.quality]);
  const quality = cells.find((cell) => /^\d{1,3}$/.test(cell));
  return checked(
    cells.find((cell) => HASH.test(cell)),
    cells.find((cell) => ADDRESS.test(cell)),
    quality,
  );
}

function fromObject(line: string): ListedReference | undefined {
  try {
    const row = JSON.parse(line) as Record<string, unknown>;
    const find = (names: readonly string[]) => names.map((name) => row[name]).find((value) => value !== undefined);
    return checked(find(hashNames), find(addressNames), find(qualityNames));
  } catch {
    return undefined;
  }
}

function checked(hash: unknown, address: unknown, given: unknown): ListedReference | undefined {
  if (typeof hash !== 'string' || !HASH.test(hash)) return undefined;
  if (typeof address !== 'string' || !ADDRESS.test(address) || address.length > 2000) return undefined;
  const quality = given === undefined || given === '' ? 100 : Number(given);
  if (!Number.isInteger(quality) || quality < 0 || quality > 100) return undefined;
  return { pdq: hash.toLowerCase(), source_url: address, quality };
}
