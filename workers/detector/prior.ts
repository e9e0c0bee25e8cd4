/**
 * The share of generated pictures among all that every probability here is stated for: even odds, so that a score says
 * what its evidence weighs, whoever's pictures these are. 0.80 is evidence of four to one.
 */
export const PRIOR = 0.5;

export const logit = (probability: number) => Math.log(probability / (1 - probability));

export const sigmoid = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));

/** A probability stated for one prior, stated for `PRIOR`: the same likelihood ratio over other odds. */
export function atPrior(probability: number, prior: number): number {
  // 0 and 1 stay what they are: their log odds are infinite.
  return sigmoid(logit(probability) - logit(prior) + logit(PRIOR));
}
