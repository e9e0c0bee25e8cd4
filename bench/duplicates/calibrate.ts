/**
 * Fits the weights of `workers/match/calibration.ts` on copies made of a folder's photos, on unrelated pictures that the
 * search takes for candidates, and on other shots of the photos' scenes: `node --import tsx bench/duplicates/calibrate.ts <folder of photos> [--originals=60]`
 *
 * Use photos of other sources than the benchmark's; edits and drawings are others too. Weights fitted on every second
 * source tell by the other half how they carry over; those of the whole folder are the last to be printed.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { featuresOf, firmnessOf, judge, saysNothing, SCORE_OF_DUPLICATE } from '../../workers/match/calibration.js';
import { measurePair } from '../../workers/match/measure-pair.js';
import { prepareThumbnail } from '../../workers/match/thumbnail.js';
import { readCopySet, type CopySet, type CopySetOptions } from './copy-set.js';
import { candidatesOfAll } from './evaluate-ours.js';
import { fingerprintFile } from './engine-thread.js';
import { fitLogistic, type Example } from './logistic-regression.js';
import { nextShots } from './next-shots.js';
import { PairTruth } from './pair-truth.js';
import { fingerprintsOf, startThreads, withoutFeatures } from './prints.js';

/** A false pair is so much worse than a miss. */
const WEIGHT_OF_WRONG = 1;
/**
 * Drawn next shots are many, and some move less than a thumbnail shows: all together they count as some dozens do. Those that
 * features align are what passes for a crop.
 */
const WEIGHT_OF_NEXT_SHOT = 0.001;
const WEIGHT_OF_ALIGNED_NEXT_SHOT = 0.008;
/** Copies that were found where one seemed to show the other, but agree less than this, teach nothing about those. */
const LEAST_FIRM = 0.6;
/** A rule of its own judges filled-in forms, whatever their score. */
const FORMS = 'invoices';
const HARD_SET_SIZE = 20;
const SEED = 'calibration ';

interface RatedExample extends Example {
  isHeldOut: boolean;
  isNearShot: boolean;
  score: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { originals: { type: 'string', default: '60' } },
});
const [photos] = positionals;
if (photos === undefined) throw new Error('Give a folder of photos: calibrate.ts <folder> [--originals=60]');

const set = await builtSet({
  photos,
  originals: Number(values.originals),
  hardSetSize: HARD_SET_SIZE,
  seed: SEED,
});
const truth = new PairTruth(set.pictures);
const examples = await examplesOf(await fingerprintsOf(set));
report(examples.filter(({ isHeldOut }) => !isHeldOut));
report(examples);

function report(fittedOn: readonly RatedExample[]): void {
  const { intercept, weights } = fitLogistic(fittedOn);
  console.log(`INTERCEPT = ${intercept.toFixed(2)}`);
  console.log(`WEIGHTS = [${weights.map((weight) => weight.toFixed(2)).join(', ')}]`);
  const fitted = ({ features }: Example) =>
    1 / (1 + Math.exp(-features.reduce((sum, value, index) => sum + value * weights[index]!, intercept)));
  for (const isHeldOut of [false, true]) {
    const side = examples.filter((example) => example.isHeldOut === isHeldOut);
    console.log(fittedOn === examples || !isHeldOut ? 'Fitted on:' : 'Kept out of the fit:');
    console.log(`  with these weights: ${summary(side, fitted)}`);
    console.log(`  with those in the code: ${summary(side, ({ score, isNearShot }) => (isNearShot ? 0 : score))}`);
  }
}

function summary(side: readonly RatedExample[], scoreOf: (example: RatedExample) => number): string {
  const called = (isCopy: boolean) => {
    const group = side.filter((example) => example.isCopy === isCopy);
    return `${group.filter((example) => scoreOf(example) >= SCORE_OF_DUPLICATE).length} of ${group.length}`;
  };
  return `copies called copies ${called(true)}, false pairs ${called(false)}`;
}

/** Pairs that could be aligned at all: every copy by all tiers and by the first three, and what the search proposes. */
async function examplesOf(prints: readonly Fingerprint[]): Promise<RatedExample[]> {
  const plain = prints.map(withoutFeatures);
  const originals = new Map(truth.copies().map(({ original, copy }) => [copy, original]));
  const threads = startThreads();
  const proposed = await candidatesOfAll(prints, truth, true, threads);
  await threads.destroy();
  const examples = proposed.flatMap((others, one) => {
    const original = originals.get(one);
    const unrelated = others.filter((other) => other !== original && !areForms(one, other));
    const copies = original === undefined ? [] : [exampleOf(prints, one, original), exampleOf(plain, one, original)];
    const wrong = unrelated.flatMap((other) => {
      const made = [exampleOf(prints, one, other)];
      if (areHard(one, other) || showsInset(one)) made.push(exampleOf(plain, one, other));
      return made;
    });
    return [...copies, ...wrong].filter((made) => made !== null);
  });
  return [...examples, ...(await nextShotExamples(prints))];

  function exampleOf(of: readonly Fingerprint[], one: number, other: number): RatedExample | null {
    return exampleOfPair(of[one]!, of[other]!, originals.get(one) === other ? 'copy' : 'wrong', sideOf(one));
  }

  function showsInset(one: number): boolean {
    const thumbnail = prepareThumbnail(prints[one]!.evidence);
    return thumbnail !== null && thumbnail.insets.length > 0;
  }
}

/** Other shots of the originals' scenes, with the originals and all their copies. */
async function nextShotExamples(prints: readonly Fingerprint[]): Promise<RatedExample[]> {
  const examples: RatedExample[] = [];
  for (const { file, source } of await nextShots(set, SEED)) {
    const shot = await fingerprintFile({ file, localFeatures: true });
    set.pictures.forEach((picture, index) => {
      if (picture.source !== source) return;
      const made = [exampleOfPair(shot, prints[index]!, 'next shot', sideOf(index))];
      if (index % 3 === 0) {
        made.push(exampleOfPair(withoutFeatures(shot), withoutFeatures(prints[index]!), 'next shot', sideOf(index)));
      }
      examples.push(...made.filter((example) => example !== null));
    });
  }
  return examples;
}

function exampleOfPair(
  one: Fingerprint,
  other: Fingerprint,
  relation: 'copy' | 'wrong' | 'next shot',
  side: number,
): RatedExample | null {
  const [first, second] = Buffer.compare(one.pdq, other.pdq) <= 0 ? [one, other] : [other, one];
  const { pixels, pdqDistance } = measurePair(first, second);
  if (!pixels || saysNothing(pixels, pdqDistance)) return null;
  const isCopy = relation === 'copy';
  if (isCopy && pixels.isInset && firmnessOf(pixels) < LEAST_FIRM) return null;
  const weightOfNextShot = pixels.inliers === null ? WEIGHT_OF_NEXT_SHOT : WEIGHT_OF_ALIGNED_NEXT_SHOT;
  const judged = judge(pixels, pdqDistance);
  return {
    features: featuresOf(pixels, pdqDistance),
    isCopy,
    weight: isCopy ? 1 : relation === 'wrong' ? WEIGHT_OF_WRONG : weightOfNextShot,
    isHeldOut: side === 1,
    isNearShot: judged.relation === 'near_shot',
    score: judged.score,
  };
}

function areHard(one: number, other: number): boolean {
  return set.pictures[one]!.role === 'hard' && set.pictures[other]!.role === 'hard';
}

function areForms(one: number, other: number): boolean {
  return set.pictures[one]!.kind === FORMS && set.pictures[other]!.kind === FORMS;
}

/** Which half of the sources a picture's is in. */
function sideOf(picture: number): number {
  return Number(/\d+$/.exec(set.pictures[picture]!.source)?.[0] ?? 0) % 2;
}

async function builtSet(wanted: CopySetOptions): Promise<CopySet> {
  const built = await readCopySet(wanted);
  if (built !== null) return built;
  const script = join(import.meta.dirname, 'build-set.ts');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, JSON.stringify(wanted)]);
  return (await readCopySet(wanted))!;
}
