import { stages, type Stage } from '../classifications/stage.js';

/** On this many images `count` of `raters` clinicians chose the stage. */
export interface StageCell {
  raters: number;
  stage: Stage;
  count: number;
  images: number;
}

/** On this many images the one clinician chose `first` and the other `second`. */
export interface StagePair {
  first: Stage;
  second: Stage;
  images: number;
}

/** At most 1; 0 is what chance would bring; null where it is not defined, as when nobody ever disagrees by chance. */
export interface Kappa {
  overall: number | null;
  /** Of each stage against all others together. */
  perStage: Record<Stage, number | null>;
}

/**
 * Cohen's kappa of two clinicians who classified the same images: observed agreement p_o against p_e, which their own
 * habits would bring by chance; (p_o − p_e) / (1 − p_e).
 *
 * Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20(1).
 */
export function cohenKappa(pairs: readonly StagePair[]): Kappa {
  const images = sum(pairs, () => true);
  const marginals = (stage: Stage) => ({
    first: sum(pairs, (pair) => pair.first === stage) / images,
    second: sum(pairs, (pair) => pair.second === stage) / images,
  });
  const chance = stages.map(marginals).reduce((total, { first, second }) => total + first * second, 0);
  const observed = sum(pairs, ({ first, second }) => first === second) / images;
  return {
    overall: kappa(1 - observed, 1 - chance),
    perStage: forEachStage((stage) => {
      const { first, second } = marginals(stage);
      const disagreed = sum(pairs, (pair) => (pair.first === stage) !== (pair.second === stage)) / images;
      return kappa(disagreed, first * (1 - second) + second * (1 - first));
    }),
  };
}

const sum = (pairs: readonly StagePair[], counts: (pair: StagePair) => boolean) =>
  pairs.filter(counts).reduce((total, { images }) => total + images, 0);

/**
 * Fleiss' kappa of any clinicians, not the same for each image. With n raters of an image and n_k of them for stage k:
 * disagreement D_k = mean of n_k (n − n_k) / (n (n − 1)), shares p_k = mean of n_k / n, and kappa = 1 − Σ D_k / Σ p_k
 * (1 − p_k); of one stage 1 − D_k / (p_k (1 − p_k)).
 *
 * Where all images have as many raters this is the original. Where they have not, each image weighs the same in what is
 * observed and in what chance would bring (Gwet's generalisation). Images with a single rater say nothing of agreement
 * and are left out of both.
 *
 * Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76(5).
 * Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.
 */
export function fleissKappa(cells: readonly StageCell[]): Kappa {
  const shared = cells.filter(({ raters }) => raters >= 2);
  const terms = stages.map((stage) => {
    const ofStage = shared.filter((cell) => cell.stage === stage);
    const images = ofStage.reduce((total, cell) => total + cell.images, 0);
    const mean = (termOf: (cell: StageCell) => number) =>
      ofStage.reduce((total, cell) => total + termOf(cell) * cell.images, 0) / images;
    const share = mean(({ raters, count }) => count / raters);
    return {
      stage,
      observed: mean(({ raters, count }) => (count * (raters - count)) / (raters * (raters - 1))),
      chance: share * (1 - share),
    };
  });
  const total = (of: 'observed' | 'chance') => terms.reduce((added, term) => added + term[of], 0);
  return {
    overall: kappa(total('observed'), total('chance')),
    perStage: forEachStage((stage) => {
      const { observed = NaN, chance = NaN } = terms.find((term) => term.stage === stage) ?? {};
      return kappa(observed, chance);
    }),
  };
}

/** From disagreement as observed and as chance would bring it. */
function kappa(observed: number, chance: number): number | null {
  return chance > 0 ? 1 - observed / chance : null;
}

const forEachStage = (valueOf: (stage: Stage) => number | null) =>
  Object.fromEntries(stages.map((stage) => [stage, valueOf(stage)])) as Record<Stage, number | null>;
