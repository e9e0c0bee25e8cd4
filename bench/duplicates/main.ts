/**
 * How well and how fast copies are found, ours beside other tools, into `bench/RESULTS.md`:
 * `npm run bench:duplicates -- <folder of photos> [--quick] [--write] [--only=ours,pdq,speed,search,request]`
 *
 * `--quick` takes a small set and writes no results, unless `--write` is given too. `--only` runs what is named; of the rest it takes what an earlier
 * run over the same set has left in the temporary folder.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { writeContactSheet } from './contact-sheet.js';
import { FULL, QUICK, readCopySet, type CopySet, type CopySetOptions } from './copy-set.js';
import { evaluateOurs } from './evaluate-ours.js';
import { evaluatePairwise } from './evaluate-pairwise.js';
import type { Evaluation } from './evaluation.js';
import { fingerprintFile } from './engine-thread.js';
import { PairTruth } from './pair-truth.js';
import { fingerprintsOf } from './prints.js';
import { findCatalogueShots } from './plain-backdrops.js';
import { reportOf } from './report.js';
import { measureRequest } from './request-speed.js';
import { sectionOf, writeResults } from './results.js';
import { measureSearch } from './search-speed.js';
import { contestants, measureSpeed } from './speed.js';
import { writeSpeedFiles } from './speed-files.js';
import { pairwiseTools } from './tools/tools.js';

/** Tiers 1 to 3, and all four. */
const OURS = [
  { name: 'ours, tiers 1–3', localFeatures: false },
  { name: 'ours, all tiers', localFeatures: true },
];
const PLANTED_PAIRS = 300;
const VARIED = 200;
const FULL_REQUEST = 100_000;
const QUICK_REQUEST = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const [photos] = positionals;
if (photos === undefined) throw new Error('Give a folder of photos: npm run bench:duplicates -- <folder> [--quick]');
const options: CopySetOptions = { photos, ...(values.quick ? QUICK : FULL) };
const only = values.only?.toLowerCase().split(',');
const wanted = (name: string) => only === undefined || only.some((part) => name.toLowerCase().includes(part));

const set = await buildSet(options);
const reports = join(set.folder, 'reports');
await mkdir(reports, { recursive: true });
const truth = new PairTruth(set.pictures, await findCatalogueShots(set.pictures));
const tools = pairwiseTools();

const evaluations: (Evaluation | null)[] = [];
for (const variant of OURS) {
  evaluations.push(await fresh(variant.name, async () => evaluateOurs(variant, truth, await fingerprintsOf(set))));
}
for (const tool of tools) evaluations.push(await fresh(tool.name, () => evaluatePairwise(tool, truth)));
const rated = evaluations.filter((evaluation) => evaluation !== null);
for (const evaluation of rated.filter(({ tool }) => wanted(tool))) {
  const path = join(reports, fileName(evaluation.tool));
  await writeFile(`${path}.json`, JSON.stringify(reportOf(evaluation, set.pictures), null, 1));
  const lines = await writeContactSheet(evaluation, set.pictures, `${path}.png`);
  await writeFile(`${path}.txt`, lines.join('\n'));
}
const speed = await fresh('speed', async () =>
  measureSpeed(
    contestants(tools.filter(({ timed }) => timed)),
    await writeSpeedFiles(
      set.pictures.filter(({ role }) => role === 'original').map(({ file }) => file),
      join(set.folder, 'speed'),
    ),
  ),
);
const search = await fresh('search', async () => measureSearch(await printsToVary()));
const request = await fresh('request', requestFigures);
tools.forEach((tool) => tool.close?.());

const results = {
  evaluations: rated,
  truth,
  speed: speed ?? [],
  search,
  request,
};
console.log(sectionOf(results, values.quick));
if (!values.quick || values.write) await writeResults(results, values.quick);
console.log(`Misses, false pairs and contact sheets of the worst: ${reports}`);

/** What `work` gives, kept for later runs, or what an earlier one has kept where it is not wanted now. */
async function fresh<T>(name: string, work: () => Promise<T>): Promise<T | null> {
  const path = join(reports, `${fileName(name)}.kept.json`);
  if (!wanted(name)) {
    const kept = await readFile(path, 'utf8').catch(() => null);
    return kept === null ? null : (JSON.parse(kept) as T);
  }
  const start = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await writeFile(path, JSON.stringify(result));
  return result;
}

async function requestFigures() {
  const copies = truth.copies().filter(({ copy }) => set.pictures[copy]!.kind === 'jpeg 50');
  const planted = copies.slice(0, PLANTED_PAIRS);
  const originals = await fingerprints(planted.map(({ original }) => original));
  const recompressed = await fingerprints(planted.map(({ copy }) => copy));
  const pairs = originals.map((print, index) => [print, recompressed[index]!] as const);
  return measureRequest(values.quick ? QUICK_REQUEST : FULL_REQUEST, pairs, await printsToVary());
}

function printsToVary() {
  const distractors = set.pictures.flatMap(({ role }, index) => (role === 'distractor' ? [index] : []));
  return fingerprints(distractors.slice(0, VARIED));
}

async function fingerprints(pictures: readonly number[]) {
  const prints = [];
  for (const picture of pictures) {
    prints.push(await fingerprintFile({ file: set.pictures[picture]!.file, localFeatures: true }));
  }
  return prints;
}

function fileName(name: string): string {
  return name.replaceAll(/[^\p{L}\d]+/gu, '-');
}

async function buildSet(options: CopySetOptions): Promise<CopySet> {
  const built = await readCopySet(options);
  if (built !== null) return built;
  console.log('Building the set …');
  const script = join(import.meta.dirname, 'build-set.ts');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)]);
  return (await readCopySet(options))!;
}
