import { compose, determinant, invert, ORIENTATION_MAPS, type Affine } from './affine.js';
import { refine } from './alignment.js';
import { contentMap } from './local-match.js';
import { ORIENTATIONS } from './pair-match.js';
import { levelFor, sample, type Level, type Thumbnail } from './thumbnail.js';

const COARSE_SIDE = 16;
/** Crops are looked for more coarsely, the most promising are looked at again. */
const CROP_SIDE = 8;
const CROPS_RATED_AGAIN = 10;
/** Below this nothing good comes of refining, and from here on nothing better. */
const LEAST_AGREEMENT = 0.25;
const CLEAR = 0.85;
/** Sides of a crop in shares of the whole picture's side. */
const CROPS = [0.9, 0.8, 0.7, 0.58];
const REFINED = 3;
const SIMILAR = 0.04;
/** Share of the template that must lie in the picture. */
const LEAST_SHARED = 0.1;

interface Hypothesis {
  map: Affine;
  agreement: number;
}

/**
 * The map from one picture to the other by which their thumbnails agree best, of all orientations; where `withCrops`, also
 * of all ways that one may be cut out of the other. Tried coarsely, the best are refined. Null where nothing is plausible.
 */
export function alignThumbnails(template: Thumbnail, picture: Thumbnail, withCrops: boolean): Affine | null {
  const frames = [...orientations(template, picture)].sort(bestFirst);
  const tried = withCrops ? [...frames, ...crops(template, picture, frames)].sort(bestFirst) : frames;
  let best: Hypothesis | null = null;
  for (const { map: start, agreement } of distinct(tried)) {
    if (agreement < LEAST_AGREEMENT || (best && best.agreement >= CLEAR)) break;
    const coarse = refine(template, picture, start, COARSE_SIDE, 6);
    const map = coarse && refine(template, picture, coarse, 32, 5);
    if (!map) continue;
    const refined = coarseAgreement(template, picture, map, 32);
    if (!best || refined > best.agreement) best = { map, agreement: refined };
  }
  return best?.map ?? null;
}

const bestFirst = (a: Hypothesis, b: Hypothesis) => b.agreement - a.agreement;

/** The picture on the whole of the template, eight ways; where one has a border, also frame on frame. */
function* orientations(template: Thumbnail, picture: Thumbnail): Generator<Hypothesis> {
  const [own, other] = [contentMap(template.evidence), contentMap(picture.evidence)];
  const isFramed = [...template.evidence.content, ...picture.evidence.content].some((edge) => edge > 0 && edge < 1);
  for (const orientation of ORIENTATIONS) {
    const turn = ORIENTATION_MAPS[orientation];
    yield rate(template, picture, turn);
    if (isFramed) yield rate(template, picture, compose(invert(other), compose(turn, own)));
  }
}

function crops(template: Thumbnail, picture: Thumbnail, frames: Hypothesis[]): Hypothesis[] {
  const rated: Hypothesis[] = [];
  const consider = (map: Affine) => rated.push(rate(template, picture, map, CROP_SIDE));
  for (const { map: turn } of frames.slice(0, 2)) {
    for (const share of CROPS) {
      const steps = Math.max(2, Math.round((1 - share) * COARSE_SIDE * 0.7) + 1);
      for (let place = 0; place < steps * steps; place++) {
        const left = ((1 - share) * (place % steps)) / (steps - 1);
        const top = ((1 - share) * Math.floor(place / steps)) / (steps - 1);
        const crop: Affine = [share, 0, left, 0, share, top];
        consider(compose(crop, turn));
        consider(compose(turn, invert(crop)));
      }
    }
  }
  return rated
    .sort(bestFirst)
    .slice(0, CROPS_RATED_AGAIN)
    .map(({ map }) => rate(template, picture, map));
}

const rate = (template: Thumbnail, picture: Thumbnail, map: Affine, side = COARSE_SIDE): Hypothesis => ({
  map,
  agreement: coarseAgreement(template, picture, map, side),
});

/** Leaves out what is all but the same as a better one. */
function distinct(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const kept: Hypothesis[] = [];
  for (const hypothesis of hypotheses) {
    if (kept.length === REFINED) break;
    const isNew = kept.every(({ map }) =>
      map.some((value, index) => Math.abs(value - hypothesis.map[index]!) > SIMILAR),
    );
    if (isNew) kept.push(hypothesis);
  }
  return kept;
}

/** Mean of the correlations of brightness and of details at a low resolution, −1…1. */
function coarseAgreement(template: Thumbnail, picture: Thumbnail, map: Affine, side: number): number {
  const own = levelFor(template, side);
  const other = levelFor(picture, side / Math.sqrt(Math.abs(determinant(map))));
  return (correlationOf(own, other, map, 'values') + correlationOf(own, other, map, 'detail')) / 2;
}

function correlationOf(own: Level, other: Level, [a, b, c, d, e, f]: Affine, kind: 'values' | 'detail'): number {
  const [values, pixels] = [own[kind], other[kind]];
  const { side } = own;
  let [count, sum, sumOther, squares, squaresOther, products] = [0, 0, 0, 0, 0, 0];
  for (let y = 0, at = 0; y < side; y++) {
    const v = (y + 0.5) / side;
    for (let x = 0; x < side; x++, at++) {
      const u = (x + 0.5) / side;
      const mu = a * u + b * v + c;
      const mv = d * u + e * v + f;
      if (!(mu >= 0 && mu <= 1 && mv >= 0 && mv <= 1)) continue;
      const value = values[at]!;
      const pixel = sample(pixels, other.side, mu, mv);
      count++;
      sum += value;
      sumOther += pixel;
      squares += value * value;
      squaresOther += pixel * pixel;
      products += value * pixel;
    }
  }
  if (count < LEAST_SHARED * side * side) return -1;
  const variance = squares / count - (sum / count) ** 2 + 0.1;
  const varianceOther = squaresOther / count - (sumOther / count) ** 2 + 0.1;
  return (products / count - (sum / count) * (sumOther / count)) / Math.sqrt(variance * varianceOther);
}
