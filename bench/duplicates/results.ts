import { cpus } from 'node:os';
import { writeSection } from '../results-section.js';
import type { Picture } from './copy-set.js';
import type { PairTruth } from './pair-truth.js';
import type { Evaluation } from './evaluation.js';
import { hardSetTable, recallTable } from './report.js';
import type { RequestFigures } from './request-speed.js';
import type { SearchFigures } from './search-speed.js';
import { timesAsFast, type SpeedFigure } from './speed.js';

export interface Results {
  evaluations: readonly Evaluation[];
  truth: PairTruth;
  speed: readonly SpeedFigure[];
  search: SearchFigures | null;
  request: RequestFigures | null;
}

/** Into the section of the quick set or of the full one; what else is in `bench/RESULTS.md` stays. */
export async function writeResults(results: Results, isQuick: boolean): Promise<void> {
  const name = isQuick ? 'duplicates' : 'duplicates-full';
  await writeSection(name, 'npm run bench:duplicates', sectionOf(results, isQuick));
}

export function sectionOf({ evaluations, truth, speed, search, request }: Results, isQuick: boolean): string {
  const { pictures } = truth;
  const count = (role: Picture['role']) => pictures.filter((picture) => picture.role === role).length;
  const parts = [
    isQuick ? '## Duplicates' : '## Duplicates, full set',
    `${count('original')} originals, ${count('copy')} copies of ${kindsOf(pictures)} kinds, ${count('distractor')} photos ` +
      `without a copy, ${count('hard')} pictures in hard sets; ${truth.wrongPairs.toExponential(2)} wrong pairs: every two ` +
      `pictures that show no part of one photo, two of the hard sets left out. They are of ${pictures.length} pictures, ` +
      'so pairs are not independent. In ' +
      `${truth.unalteredPairs.toExponential(2)} of them one side at least is unaltered: the rest are copies of two photos made ` +
      'in like ways, such as two screenshots of one program.',
    '### Recall by kind, at ≤ 1e-6 false pairs a wrong pair',
    markdown(recallTable(evaluations, truth)),
    '“No false pair” is at the strength of the worst false pair, so one pair sets it. “Own threshold” is what the tool or ' +
      'its manual calls a copy; ours is the score of 0.85. dupeGuru and difPy are our implementations of their published ' +
      'algorithms with every rotation they know and different sizes allowed.',
    '### Pairs called copies in hard sets, by own threshold',
    markdown(hardSetTable(evaluations)),
    'No two pictures of a set are copies. Frames of one scene are told apart: “next frames” are called copies, ' +
      '“near-shots” are called that.',
  ];
  if (speed.length > 0) {
    parts.push('### Pictures a processor second', markdown(speedTable(speed)), speedNote(speed));
  }
  if (search ?? request) {
    const lines = { ...(search && searchTable(search)), ...(request && requestTable(request)) };
    parts.push('### Search', markdown(lines));
  }
  return parts.join('\n\n');
}

const kindsOf = (pictures: readonly Picture[]) =>
  new Set(pictures.filter(({ role }) => role === 'copy').map(({ kind }) => kind)).size;

function speedTable(speed: readonly SpeedFigure[]): Record<string, Record<string, string>> {
  const table: Record<string, Record<string, string>> = {};
  for (const { size, name, perSecond, noise, besideDecode } of speed) {
    const figure = `${perSecond.toPrecision(3)} ± ${(noise * 100).toFixed(0)} % (${besideDecode.toFixed(2)})`;
    (table[name] ??= {})[size] = figure;
  }
  for (const rival of ['sharp-phash', 'imagehash pHash', 'decode shrunk to 128']) {
    for (const figure of speed.filter(({ name }) => name === rival)) {
      const ours = speed.find(({ name, size }) => name === 'ours, tiers 1–3' && size === figure.size)!;
      (table[`**ours, tiers 1–3 ÷ ${rival}**`] ??= {})[figure.size] = timesAsFast(ours, figure).toFixed(2);
    }
  }
  return table;
}

const speedNote = (speed: readonly SpeedFigure[]) =>
  `Median of ${speed[0]!.seconds.length} rounds on ${cpus()[0]!.model.trim()}, load average ` +
  `${speed.at(-1)!.load.toFixed(1)} at the end; each round ran every tool over the same JPEGs in an ` +
  'order of its own. ± is half the distance between the quartiles. In brackets, and in the last lines, the median of the ' +
  'rounds’ ratios, in brackets to decoding alone. Files are read and decoded by each tool in its own way.';

function searchTable({
  hashMilliseconds,
  bothMilliseconds,
  exact,
  appendsPerSecond,
  extraMegabytes,
  load,
}: SearchFigures) {
  return {
    'a query among 1,000,000 hashes, 8 orientations, 31 bits, processor time': line(
      `${hashMilliseconds.toFixed(2)} ms`,
      '≤ 3 ms',
    ),
    'all that a plain comparison of every hash finds is found': line(exact ? 'yes' : 'NO', 'yes'),
    'a query by hash and descriptor, processor time': line(`${bothMilliseconds.toFixed(2)} ms`),
    'memory beside 32 bytes of hash and 64 of descriptor each': line(`${extraMegabytes.toFixed(0)} MB`, '≤ 40 MB'),
    'appended to the index': line(`${Math.round(appendsPerSecond).toLocaleString('en')} a second`),
    'load average after that': line(load.toFixed(1)),
  };
}

const line = (measured: string, goal = '') => ({ measured, goal });

function requestTable({ size, seconds, threads, compared, planted, found, falsePairs, load }: RequestFigures) {
  const pictures = size.toLocaleString('en');
  return {
    [`all pairs of a request of ${pictures}`]: line(
      `${seconds.toFixed(0)} s on ${threads} threads, ${compared.toLocaleString('en')} pairs compared, load average ${load.toFixed(1)}`,
      size === 100_000 ? '< 60 s' : '',
    ),
    [`copies planted among the ${pictures}`]: line(`${found} of ${planted} found, ${falsePairs} false pairs`),
  };
}

function markdown(table: Record<string, Record<string, string>>): string {
  const columns = [...new Set(Object.values(table).flatMap((row) => Object.keys(row)))];
  const lines = Object.entries(table).map(
    ([name, row]) => `| ${[name, ...columns.map((column) => row[column] ?? '')].join(' | ')} |`,
  );
  return [
    `| ${['', ...columns].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '---:')].join(' | ')} |`,
    ...lines,
  ].join('\n');
}
