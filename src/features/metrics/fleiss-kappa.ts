/** On this many subjects `count` of `raters` raters chose the category. */
export interface RatingCell<Category extends string = string> {
  raters: number;
  category: Category;
  count: number;
  subjects: number;
}

/**
 * Fleiss' kappa of any raters, not the same for each subject. With n raters of a subject and n_k of them for category k:
 * disagreement D_k = mean of n_k (n − n_k) / (n (n − 1)), shares p_k = mean of n_k / n, and kappa = 1 − Σ D_k / Σ p_k
 * (1 − p_k); of one category 1 − D_k / (p_k (1 − p_k)).
 *
 * Where all subjects have as many raters this is the original. Where they have not, each subject weighs the same in what
 * is observed and in what chance would bring (Gwet's generalisation). Subjects with a single rater say nothing of
 * agreement and are left out of both. Where raters may choose several categories at once each of these is a question of
 * its own, yes or no, and the sums are over all questions.
 *
 * Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76(5).
 * Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.
 *
 * @param cells those with a count of 0 too: every category has a cell for every subject.
 */
export function fleissKappaOf<Category extends string>(
  cells: readonly RatingCell<Category>[],
): { overall: number | null; perCategory: Map<Category, number | null> } {
  const terms = new Map<Category, Terms>();
  for (const cell of cells) {
    if (cell.raters < 2) continue;
    const term = terms.get(cell.category) ?? { subjects: 0, disagreement: 0, share: 0 };
    terms.set(cell.category, add(term, cell));
  }
  const means = [...terms].map(([category, { subjects, disagreement, share }]) => {
    const mean = share / subjects;
    return { category, observed: disagreement / subjects, chance: mean * (1 - mean) };
  });
  const total = (of: 'observed' | 'chance') => means.reduce((added, term) => added + term[of], 0);
  return {
    overall: kappaOf(total('observed'), total('chance')),
    perCategory: new Map(means.map(({ category, observed, chance }) => [category, kappaOf(observed, chance)])),
  };
}

interface Terms {
  subjects: number;
  disagreement: number;
  share: number;
}

function add({ subjects, disagreement, share }: Terms, { raters, count, subjects: more }: RatingCell): Terms {
  return {
    subjects: subjects + more,
    disagreement: disagreement + ((count * (raters - count)) / (raters * (raters - 1))) * more,
    share: share + (count / raters) * more,
  };
}

/** From disagreement as observed and as chance would bring it; null where chance would bring none. */
export function kappaOf(observed: number, chance: number): number | null {
  return chance > 0 ? 1 - observed / chance : null;
}
