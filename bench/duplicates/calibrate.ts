/**
 * Fits the weights of `workers/match/calibration.ts` on copies made of a folder's photos and on unrelated pictures that the
 * search takes for candidates: `node --import tsx bench/duplicates/calibrate.ts <folder of photos> [--originals=24]`
 *
 * Every second source is kept out of the fit, and what is printed of it is all that the weights may be judged by. Use other
 * photos than the benchmark's originals.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { featuresOf, judge, SCORE_OF_DUPLICATE } from '../../workers/match/calibration.js';
import { measurePair } from '../../workers/match/measure-pair.js';
import { readCopySet, type CopySet, type CopySetOptions } from './copy-set.js';
import type { FingerprintTask } from './engine-thread.js';
import { candidatesOfAll } from './evaluate-ours.js';
import { fitLogistic, type Example } from './logistic-regression.js';
import { PairTruth } from './pair-truth.js';

/** A false pair is so much worse than a miss. */
const WEIGHT_OF_WRONG = 12;
/** A rule of its own judges filled-in pages, whatever their score. */
const PAGES = new Set(['documents', 'invoices']);
const HARD_SET_SIZE = 20;
/** Of the unrelated pairs of photos one in so many is measured: there are far more of them than of copies. */
const WRONG_PAIRS_A_SAMPLE = 20;

interface RatedExample extends Example {
  isHeldOut: boolean;
  isNearShot: boolean;
  score: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { originals: { type: 'string', default: '24' } },
});
const [photos] = positionals;
if (photos === undefined) throw new Error('Give a folder of photos: calibrate.ts <folder> [--originals=24]');
const options: CopySetOptions = { photos, originals: Number(values.originals), hardSetSize: HARD_SET_SIZE };

const set = await builtSet(options);
const truth = new PairTruth(set.pictures);
const examples = examplesOf(await fingerprintsOf(set));
const { intercept, weights } = fitLogistic(examples.filter(({ isHeldOut }) => !isHeldOut));
console.log(`INTERCEPT = ${intercept.toFixed(2)}`);
console.log(`WEIGHTS = [${weights.map((weight) => weight.toFixed(2)).join(', ')}]`);
for (const isHeldOut of [false, true]) {
  const side = examples.filter((example) => example.isHeldOut === isHeldOut);
  const fitted = ({ features }: Example) =>
    1 / (1 + Math.exp(-features.reduce((sum, value, index) => sum + value * weights[index]!, intercept)));
  console.log(isHeldOut ? 'Kept out of the fit:' : 'Fitted on:');
  console.log(`  with these weights: ${summary(side, fitted)}`);
  console.log(`  with those in the code: ${summary(side, ({ score, isNearShot }) => (isNearShot ? 0 : score))}`);
}

function summary(side: readonly RatedExample[], scoreOf: (example: RatedExample) => number): string {
  const called = (isCopy: boolean) => {
    const group = side.filter((example) => example.isCopy === isCopy);
    return `${group.filter((example) => scoreOf(example) >= SCORE_OF_DUPLICATE).length} of ${group.length}`;
  };
  return `copies called copies ${called(true)}, false pairs ${called(false)}`;
}

/** Pairs that could be aligned at all. Both pictures of a pair lie on one side of the split, or it is left out. */
function examplesOf(prints: readonly Fingerprint[]): RatedExample[] {
  const originals = new Map(truth.copies().map(({ original, copy }) => [copy, original]));
  const sides = new Map(
    [...new Set(set.pictures.map(({ source }) => source))].map((source, index) => [source, index % 2]),
  );
  const sideOf = (picture: number) => sides.get(set.pictures[picture]!.source)!;
  return candidatesOfAll(prints, truth, true).flatMap((others, one) =>
    others.flatMap((other) => {
      const isCopy = originals.get(one) === other;
      const isNextFrame = !isCopy && truth.related(one, other);
      if (PAGES.has(set.pictures[one]!.kind)) return [];
      if (sideOf(one) !== sideOf(other) || (isNextFrame && set.pictures[one]!.kind !== set.pictures[other]!.kind))
        return [];
      if (truth.isWrong(one, other) && (one + other) % WRONG_PAIRS_A_SAMPLE !== 0) return [];
      const { pixels } = measurePair(prints[one]!, prints[other]!);
      if (!pixels) return [];
      const { score, relation } = judge(pixels);
      return {
        features: featuresOf(pixels),
        isCopy,
        weight: isCopy ? 1 : WEIGHT_OF_WRONG,
        isHeldOut: sideOf(one) === 1,
        isNearShot: relation === 'near_shot',
        score,
      };
    }),
  );
}

async function fingerprintsOf({ pictures }: CopySet): Promise<Fingerprint[]> {
  const threads = new Piscina({
    filename: new URL('engine-thread-entry.js', import.meta.url).href,
    maxThreads: availableParallelism(),
    atomics: 'disabled',
  });
  const prints = await pMap(
    pictures,
    ({ file }) =>
      threads.run({ file, localFeatures: true } satisfies FingerprintTask, {
        name: 'fingerprintFile',
      }) as Promise<Fingerprint>,
    { concurrency: 2 * availableParallelism() },
  );
  await threads.destroy();
  return prints;
}

async function builtSet(wanted: CopySetOptions): Promise<CopySet> {
  const built = await readCopySet(wanted);
  if (built !== null) return built;
  const script = join(import.meta.dirname, 'build-set.ts');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, JSON.stringify(wanted)]);
  return (await readCopySet(wanted))!;
}
