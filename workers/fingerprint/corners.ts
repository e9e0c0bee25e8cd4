import { harrisResponse } from './corner-kernel.js';
import type { Plane } from './plane.js';

export interface Corner {
  response: number;
  x: number;
  y: number;
}

/** What a corner must come to at least: faint noise makes none. */
const LEAST_RESPONSE = 1600;
/** How far away the neighbours are that a corner outdoes. */
const REACH = 2;

/** Local maxima of the Harris response over 5 × 5 windows, `margin` pixels or more from the edge. */
export function findCorners(plane: Plane, margin: number): Corner[] {
  const { width, height } = plane;
  const response = harrisResponse(plane);
  const corners: Corner[] = [];
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin, at = y * width + margin; x < width - margin; x++, at++) {
      const value = response[at]!;
      if (value < LEAST_RESPONSE || value <= response[at + 1]! || value <= response[at + width]!) continue;
      if (value < response[at - 1]! || value < response[at - width]!) continue;
      if (isPeak(response, at, width, value)) corners.push({ response: value, x, y });
    }
  }
  return corners;
}

function isPeak(response: Float32Array, at: number, width: number, value: number): boolean {
  for (let dy = -REACH; dy <= REACH; dy++) {
    for (let dx = -REACH; dx <= REACH; dx++) {
      const other = response[at + dy * width + dx]!;
      if (other > value || (other === value && dy * width + dx < 0)) return false;
    }
  }
  return true;
}
