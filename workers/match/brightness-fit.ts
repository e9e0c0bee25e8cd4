import { sampled } from './sampling.js';

/** How far brightness must vary in both pictures, as a standard deviation in grey values. */
const LEAST_DEVIATION = 0.05;

export interface BrightnessFit {
  /** What takes the sampled picture's brightness to the template's. */
  gain: number;
  offset: number;
  /** Standard deviation of the template's brightness, where both are known. */
  deviation: number;
}

/**
 * Fits the brightness and contrast of what `sampled` holds to that of the template.
 * @param values of the template, one for each of `sampled`.
 * @returns null where one of both is flat.
 */
export function fitBrightness(values: Float32Array): BrightnessFit | null {
  let [count, sum, squares, ownSum, ownSquares] = [0, 0, 0, 0, 0];
  for (let at = 0; at < values.length; at++) {
    const value = sampled[at]!;
    if (value !== value) continue;
    const own = values[at]!;
    count++;
    sum += value;
    squares += value * value;
    ownSum += own;
    ownSquares += own * own;
  }
  const sampledDeviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  const deviation = Math.sqrt(Math.max(0, ownSquares / count - (ownSum / count) ** 2));
  if (!(sampledDeviation > LEAST_DEVIATION && deviation > LEAST_DEVIATION)) return null;
  const gain = deviation / sampledDeviation;
  return { gain, offset: ownSum / count - (gain * sum) / count, deviation };
}
