/** The value at a point of the unit square, between the pixels around it. */
export function sample(values: Float32Array, side: number, u: number, v: number): number {
  const x = Math.min(side - 1, Math.max(0, u * side - 0.5));
  const y = Math.min(side - 1, Math.max(0, v * side - 0.5));
  const left = Math.min(side - 2, x | 0);
  const top = Math.min(side - 2, y | 0);
  const [fx, fy] = [x - left, y - top];
  const at = top * side + left;
  const upper = values[at]! + (values[at + 1]! - values[at]!) * fx;
  const lower = values[at + side]! + (values[at + side + 1]! - values[at + side]!) * fx;
  return upper + (lower - upper) * fy;
}
