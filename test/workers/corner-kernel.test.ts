import assert from 'node:assert/strict';
import {
  cornerKernelBytes,
  harrisResponse,
  LONGEST_SIDE,
  meansOverWindows,
} from '../../workers/fingerprint/corner-kernel.js';
import type { Plane } from '../../workers/fingerprint/plane.js';
import { assembleKernel } from '../support/assemble-kernel.js';

const sizes = [
  [33, 35],
  [64, 41],
  [LONGEST_SIDE, 34],
  [47, LONGEST_SIDE],
  [LONGEST_SIDE, LONGEST_SIDE],
] as const;

/** Brightness that changes in all directions, with steps in it. */
function planeOf(width: number, height: number): Plane {
  const values = Float32Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return 90 + 60 * Math.sin(x / 3 + y / 7) + (((x >> 3) + (y >> 2)) & 1 ? 80 : 0) + ((at * 7919) % 23);
  });
  return { values, width, height };
}

function mirrored({ values, width, height }: Plane): Plane {
  return { values: values.map((_, at) => values[at - (at % width) + width - 1 - (at % width)]!), width, height };
}

/** The sum of the values at most two away, in 64 bits. */
function windowSum(x: number, y: number, valueAt: (x: number, y: number) => number): number {
  let sum = 0;
  for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) sum += valueAt(x + dx, y + dy);
  return sum;
}

describe('corner kernel', () => {
  it('is what its text assembles to', async () => {
    assert.deepEqual(Buffer.from(await assembleKernel('fingerprint/corner-kernel')), cornerKernelBytes);
  });

  it('gives the Harris response of plain sums, for sides of any remainder', () => {
    for (const [width, height] of sizes) {
      const plane = planeOf(width, height);
      const valueAt = (x: number, y: number) => plane.values[y * width + x]!;
      const across = (x: number, y: number) => (valueAt(x + 1, y) - valueAt(x - 1, y)) / 2;
      const down = (x: number, y: number) => (valueAt(x, y + 1) - valueAt(x, y - 1)) / 2;
      const response = harrisResponse(plane);
      for (let y = 3; y < height - 3; y++) {
        for (let x = 3; x < width - 3; x++) {
          const xx = windowSum(x, y, (u, v) => across(u, v) ** 2) / 25;
          const xy = windowSum(x, y, (u, v) => across(u, v) * down(u, v)) / 25;
          const yy = windowSum(x, y, (u, v) => down(u, v) ** 2) / 25;
          const expected = xx * yy - xy * xy - 0.05 * (xx + yy) ** 2;
          const off = Math.abs(response[y * width + x]! - expected);
          assert.ok(off <= 1e-6 * (xx + yy) ** 2, `${width} × ${height}: ${x}, ${y} is off by ${off}`);
        }
      }
    }
  });

  it('smooths by plain means, and leaves what is near the edge', () => {
    for (const [width, height] of sizes) {
      const plane = planeOf(width, height);
      const valueAt = (x: number, y: number) => plane.values[y * width + x]!;
      const smooth = meansOverWindows(plane);
      for (let y = 2; y < height - 2; y++) {
        for (let x = 2; x < width - 2; x++) {
          const off = Math.abs(smooth[y * width + x]! - windowSum(x, y, valueAt) / 25);
          assert.ok(off < 1e-4, `${width} × ${height}: ${x}, ${y} is off by ${off}`);
        }
      }
      for (const [x, y] of [
        [0, 0],
        [width - 1, 1],
        [1, height - 1],
        [width - 2, height - 2],
      ] as const) {
        assert.equal(smooth[y * width + x], valueAt(x, y), `${width} × ${height}: ${x}, ${y}`);
      }
    }
  });

  it('gives a mirrored plane the mirrored result to the bit', () => {
    for (const [width, height] of sizes) {
      const plane = planeOf(width, height);
      const inside = (values: Float32Array) =>
        values.filter(
          (_, at) => at % width >= 3 && at % width < width - 3 && at >= 3 * width && at < (height - 3) * width,
        );
      for (const work of [harrisResponse, meansOverWindows]) {
        const there = inside(mirrored({ ...plane, values: work(plane).slice() }).values);
        assert.deepEqual(inside(work(mirrored(plane)).slice()), there, `${width} × ${height}`);
      }
    }
  });
});
