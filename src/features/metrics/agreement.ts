import { stages, type Stage } from '../classifications/stage.js';
import { fleissKappaOf, kappaOf } from './fleiss-kappa.js';

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
    overall: kappaOf(1 - observed, 1 - chance),
    perStage: forEachStage((stage) => {
      const { first, second } = marginals(stage);
      const disagreed = sum(pairs, (pair) => (pair.first === stage) !== (pair.second === stage)) / images;
      return kappaOf(disagreed, first * (1 - second) + second * (1 - first));
    }),
  };
}

const sum = (pairs: readonly StagePair[], counts: (pair: StagePair) => boolean) =>
  pairs.filter(counts).reduce((total, { images }) => total + images, 0);

/** Fleiss' kappa of any clinicians, not the same for each image. */
export function fleissKappa(cells: readonly StageCell[]): Kappa {
  const { overall, perCategory } = fleissKappaOf(
    cells.map(({ stage, images, ...cell }) => ({ ...cell, category: stage, subjects: images })),
  );
  return { overall, perStage: forEachStage((stage) => perCategory.get(stage) ?? null) };
}

const forEachStage = (valueOf: (stage: Stage) => number | null) =>
  Object.fromEntries(stages.map((stage) => [stage, valueOf(stage)])) as Record<Stage, number | null>;
