/**
 * Fits the last two weights of `workers/match/calibration.ts`, those of what is inside an outline, the others held, on
 * drawn pictures and their copies; and tells how many pairs of each drawn set are called copies or near-shots:
 * `node --import tsx bench/duplicates/calibrate-drawings.ts <folder of photos> [--size=60] [--copied=12] [--seed="calibration "]`
 */
import { parseArgs } from 'node:util';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { featuresOf, judge, scoreOfPixels, SCORE_OF_DUPLICATE, WEIGHTS } from '../../workers/match/calibration.js';
import { measurePair } from '../../workers/match/measure-pair.js';
import { readDrawings } from './drawings.js';
import { fitLogistic, type Example } from './logistic-regression.js';
import { fingerprintsOf } from './prints.js';

const FITTED = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '60' },
    copied: { type: 'string', default: '12' },
    seed: { type: 'string', default: 'calibration ' },
  },
});
const [photos] = positionals;
if (photos === undefined) throw new Error('Give a folder of photos: calibrate-drawings.ts <folder> [--size=60]');

const { folder, pictures } = await readDrawings({
  photos,
  size: Number(values.size),
  copied: Number(values.copied),
  seed: values.seed,
});
const prints = await fingerprintsOf({ folder, pictures });
const places = pictures.map((_, place) => place);
const drawings = places.filter((place) => pictures[place]!.role === 'hard');
const examples: Example[] = [];
const counts: Record<string, Record<string, number>> = {};

for (const one of drawings) {
  const { kind, source } = pictures[one]!;
  for (const other of drawings) {
    if (other < one && pictures[other]!.kind === kind) compare(one, other, { set: kind, isCopy: false });
  }
  for (const other of places) {
    if (pictures[other]!.role === 'copy' && pictures[other]!.source === source) {
      compare(one, other, { set: kind, isCopy: true });
    }
  }
}
console.table(counts);
if (examples.some(({ isCopy }) => isCopy)) {
  const { weights } = fitLogistic(examples, { hasIntercept: false });
  console.log(
    `The last ${FITTED} weights, of ${examples.length} pairs with an outline: ${weights.map((w) => w.toFixed(2)).join(', ')}`,
  );
}

function compare(one: number, other: number, { set, isCopy }: { set: string; isCopy: boolean }): void {
  const { pixels, pdqDistance } = measurePair(...inOrder(prints[one]!, prints[other]!));
  const count = (counts[set] ??= { pairs: 0, 'called copies': 0, 'near-shots': 0, copies: 0, found: 0 });
  const add = (key: string) => (count[key] = count[key]! + 1);
  add(isCopy ? 'copies' : 'pairs');
  if (!pixels) return;
  const { relation, score } = judge(pixels, pdqDistance);
  if (relation === 'copy' && score >= SCORE_OF_DUPLICATE) add(isCopy ? 'found' : 'called copies');
  else if (relation === 'near_shot' && !isCopy) add('near-shots');
  const measured = scoreOfPixels(pixels, pdqDistance);
  // Rules beside the score judge the rest, whatever the weights.
  if (measured === 0 || (relation === 'copy' && score < measured)) return;
  const features = featuresOf(pixels, pdqDistance).slice(-FITTED);
  if (features.every((value) => value === 0)) return;
  const explained = features.reduce((sum, value, index) => sum + value * WEIGHTS.at(index - FITTED)!, 0);
  examples.push({ features, isCopy, weight: 1, known: Math.log(measured / (1 - measured)) - explained });
}

/** As the product compares them. */
function inOrder(one: Fingerprint, other: Fingerprint): [Fingerprint, Fingerprint] {
  return Buffer.compare(one.pdq, other.pdq) <= 0 ? [one, other] : [other, one];
}
