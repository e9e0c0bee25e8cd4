import type { Plane } from './plane.js';

export interface Corner {
  response: number;
  x: number;
  y: number;
}

/** Harris and Stephens' constant, and what a corner must come to at least: faint noise makes none. */
const HARRIS_K = 0.05;
const LEAST_RESPONSE = 1600;
/** The window that gradients are summed over, and the neighbours that a corner outdoes. */
const WINDOW = 5;
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

/** In grey values to the fourth. Sums run along rows and down columns, so the window's size costs nothing. */
function harrisResponse({ values, width, height }: Plane): Float32Array {
  const response = new Float32Array(width * height);
  const rows = [new Float32Array(WINDOW * width), new Float32Array(WINDOW * width), new Float32Array(WINDOW * width)];
  const [rowsXX, rowsXY, rowsYY] = rows as [Float32Array, Float32Array, Float32Array];
  const [xx, xy, yy] = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
  const [lineXX, lineXY, lineYY] = [new Float32Array(width), new Float32Array(width), new Float32Array(width)];
  const area = 4 * WINDOW * WINDOW;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const dx = values[at + 1]! - values[at - 1]!;
      const dy = values[at + width]! - values[at - width]!;
      lineXX[x] = dx * dx;
      lineXY[x] = dx * dy;
      lineYY[x] = dy * dy;
    }
    let [sumXX, sumXY, sumYY] = [0, 0, 0];
    const slot = (y % WINDOW) * width;
    const target = (y - REACH) * width;
    for (let x = 1; x < width - 1; x++) {
      sumXX += lineXX[x]!;
      sumXY += lineXY[x]!;
      sumYY += lineYY[x]!;
      const centre = x - REACH;
      if (centre < 1) continue;
      if (centre > REACH) {
        sumXX -= lineXX[x - WINDOW]!;
        sumXY -= lineXY[x - WINDOW]!;
        sumYY -= lineYY[x - WINDOW]!;
      }
      const at = slot + centre;
      const a = (xx[centre]! += sumXX - rowsXX[at]!);
      const b = (xy[centre]! += sumXY - rowsXY[at]!);
      const c = (yy[centre]! += sumYY - rowsYY[at]!);
      rowsXX[at] = sumXX;
      rowsXY[at] = sumXY;
      rowsYY[at] = sumYY;
      if (y >= WINDOW) response[target + centre] = (a * c - b * b - HARRIS_K * (a + c) * (a + c)) / (area * area);
    }
  }
  return response;
}
