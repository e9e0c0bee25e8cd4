import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

/** Replaces the section of that name in `bench/RESULTS.md`, or adds it; what else is there stays. */
export async function writeSection(name: string, command: string, markdown: string): Promise<void> {
  const begin = `<!-- ${name}: begin, written by ${command} -->`;
  const end = `<!-- ${name}: end -->`;
  const before = await readFile(RESULTS, 'utf8').catch(() => '# Benchmark results\n');
  const section = `${begin}\n\n${markdown}\n\n${end}`;
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const after =
    from >= 0 && to > from
      ? before.slice(0, from) + section + before.slice(to + end.length)
      : `${before.trimEnd()}\n\n${section}\n`;
  await writeFile(RESULTS, await format(after, { parser: 'markdown' }));
}

export function markdownTable(rows: readonly Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(names),
    line(names.map(() => '---')),
    ...rows.map((row) => line(names.map((name) => row[name] ?? ''))),
  ].join('\n');
}

export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** How far the middle half of repeated measurements lies apart, as a share of their median. */
export function noise(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return (at(0.75) - at(0.25)) / median(values);
}
