/**
 * Solves normal equations by Gaussian elimination, damped a little, in place.
 * @param normal row by row, the right-hand side behind each row; what is below the diagonal is taken from above it.
 * @returns null where they are singular.
 */
export function solveNormalEquations(normal: Float64Array, unknowns: number): Float64Array | null {
  const width = unknowns + 1;
  for (let i = 0; i < unknowns; i++) {
    for (let j = 0; j < i; j++) normal[i * width + j] = normal[j * width + i]!;
    normal[i * width + i]! *= 1.001;
  }
  for (let i = 0; i < unknowns; i++) {
    const pivot = normal[i * width + i]!;
    if (!(pivot > 1e-9)) return null;
    for (let below = i + 1; below < unknowns; below++) {
      const factor = normal[below * width + i]! / pivot;
      for (let j = i; j <= unknowns; j++) normal[below * width + j]! -= factor * normal[i * width + j]!;
    }
  }
  const found = new Float64Array(unknowns);
  for (let i = unknowns - 1; i >= 0; i--) {
    let rest = normal[i * width + unknowns]!;
    for (let j = i + 1; j < unknowns; j++) rest -= normal[i * width + j]! * found[j]!;
    found[i] = rest / normal[i * width + i]!;
  }
  return found;
}
