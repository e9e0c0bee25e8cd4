export interface Example {
  features: readonly number[];
  isCopy: boolean;
  /** How much it counts beside others. */
  weight: number;
  /** Log-odds that are known of it beside its features; 0 unless given. */
  known?: number;
}

const ROUNDS = 30;
/** Holds weights that the examples say little about near 0. */
const RIDGE = 0.3;

/**
 * Logistic regression by Newton's method (iteratively reweighted least squares), L2-regularised but for the intercept.
 * @param hasIntercept false where the log-odds of an example without features are known: the intercept is 0 then.
 */
export function fitLogistic(
  examples: readonly Example[],
  { hasIntercept = true }: { hasIntercept?: boolean } = {},
): { intercept: number; weights: number[] } {
  const size = examples[0]!.features.length + 1;
  let found = new Array<number>(size).fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const hessian = Array.from({ length: size }, (_, i) => {
      return Array.from({ length: size }, (__, j) => (i === j && i > 0 ? RIDGE : 1e-6 * Number(i === j)));
    });
    const gradient = found.map((value, index) => (index === 0 ? 0 : -RIDGE * value));
    for (const { features, isCopy, weight, known = 0 } of examples) {
      const row = [Number(hasIntercept), ...features];
      const sum = row.reduce((total, value, index) => total + value * found[index]!, known);
      const probability = 1 / (1 + Math.exp(-sum));
      const spread = weight * Math.max(1e-6, probability * (1 - probability));
      row.forEach((value, i) => {
        gradient[i]! += weight * (Number(isCopy) - probability) * value;
        row.forEach((other, j) => (hessian[i]![j]! += spread * value * other));
      });
    }
    const step = solve(hessian, gradient);
    const longest = Math.max(...step.map(Math.abs));
    const share = Math.min(1, 2 / longest);
    found = found.map((value, index) => value + share * step[index]!);
    if (longest < 1e-6) break;
  }
  const [intercept, ...weights] = found;
  return { intercept: intercept!, weights };
}

/** Gaussian elimination with pivots on the diagonal: the matrix is positive definite. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      for (let column = pivot; column < size; column++) matrix[row]![column]! -= factor * matrix[pivot]![column]!;
      right[row]! -= factor * right[pivot]!;
    }
  }
  const found = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    let rest = right[row]!;
    for (let column = row + 1; column < size; column++) rest -= matrix[row]![column]! * found[column]!;
    found[row] = rest / matrix[row]![row]!;
  }
  return found;
}
