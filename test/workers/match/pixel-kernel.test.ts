import assert from 'node:assert/strict';
import type { Affine } from '../../../workers/match/affine.js';
import { pairUp, type Points } from '../../../workers/match/feature-pairs.js';
import { kernelBytes } from '../../../workers/match/pixel-kernel.js';
import { compareUnder, otherDetail, ownDetail, sampled, sampleUnder } from '../../../workers/match/sampling.js';
import { Level } from '../../../workers/match/thumbnail.js';
import { seededRandom } from '../../../bench/duplicates/random.js';
import { assembleKernel } from '../../support/assemble-kernel.js';

/** A turn by some degrees that leaves the square at two corners; a crop; one that has all of the picture beside it. */
const MAPS: Affine[] = [
  [0.9013, -0.3031, 0.2027, 0.2511, 0.9517, -0.1013],
  [0.7, 0, 0.1, 0, 0.8, 0.15],
  [2.5031, 0.1007, -0.6113, -0.0917, 2.2029, -0.7071],
];

describe('kernel of the pixel comparison', () => {
  const random = seededRandom('pixel kernel');
  const level = (side: number) =>
    new Level(
      side,
      Float32Array.from({ length: side * side }, () => random.between(0, 255)),
    );

  it('is the one whose text is in the repository', async () => {
    assert.deepEqual(Buffer.from(await assembleKernel('match/pixel-kernel')), kernelBytes);
  });

  for (const [side, other] of [
    [64, 45],
    [45, 64],
    [23, 11],
    [8, 16],
  ] as const) {
    it(`samples and compares ${side} × ${side} pixels with ${other} × ${other} as a plain loop does`, () => {
      for (const map of MAPS) {
        const [template, picture] = [level(side), level(other)];
        const expected = plainSamples(side, picture, map);
        const shared = expected.filter((value) => !Number.isNaN(value)).length;
        assert.ok(Math.abs(sampleUnder(template, picture, map) - shared) <= 2);
        const sums = compareUnder(template, picture, map, 0)!;
        const total = { count: 0, a: 0, b: 0, ab: 0, fine: 0 };
        for (let at = 0; at < side * side; at++) {
          const value = sampled[at]!;
          if (Number.isNaN(value)) continue;
          if (!Number.isNaN(expected[at]!))
            assert.ok(Math.abs(value - expected[at]!) < 0.1, `${value} ${expected[at]}`);
          assert.ok(Math.abs(ownDetail[at]! - plainDetail(template.values, side, at)) < 0.1);
          assert.ok(Math.abs(otherDetail[at]! - plainDetail(sampled, side, at)) < 0.1);
          total.count++;
          total.a += template.values[at]!;
          total.b += value;
          total.ab += template.values[at]! * value;
          total.fine += ownDetail[at]! * otherDetail[at]!;
        }
        assert.equal(sums.values.count, total.count);
        for (const [found, wanted] of [
          [sums.values.a, total.a],
          [sums.values.b, total.b],
          [sums.values.ab, total.ab],
          [sums.detail.ab, total.fine],
        ] as const) {
          assert.ok(Math.abs(found - wanted) <= 1e-4 * Math.abs(wanted) + 1, `${found} ${wanted}`);
        }
      }
    });
  }

  it('answers null where too little is shared', () => {
    assert.equal(compareUnder(level(16), level(16), [1, 0, 5, 0, 1, 5], 24), null);
    assert.equal(compareUnder(level(16), level(16), [NaN, 0, 0, 0, NaN, 0], 24), null);
  });

  it('pairs features as a comparison of every two does', () => {
    const [a, b] = [pointsOf(37), pointsOf(120)];
    // Every second of the first has a copy among the second, some bits off.
    for (let feature = 0; feature < 37; feature += 2) {
      const copy = a.descriptors.slice(feature * 32, feature * 32 + 32);
      for (let bit = 0; bit < feature; bit++) copy[bit % 32]! ^= 1 << (bit % 8);
      b.descriptors.set(copy, (119 - feature) * 32);
    }
    const { count, first, second } = pairUp(a, b);
    const found = Array.from({ length: count }, (_, index) => [first[index], second[index]]);
    const wanted = Array.from({ length: 19 }, (_, index) => [2 * index, 119 - 2 * index]);
    assert.deepEqual(found, wanted);
  });

  function pointsOf(count: number): Points {
    const descriptors = Uint8Array.from({ length: count * 32 }, () => random.integer(0, 255));
    const none = { x: new Float64Array(count), y: new Float64Array(count), scaleX: 1, scaleY: 1 };
    const poses = { angle: new Uint8Array(count), level: new Uint8Array(count) };
    return { count, ...none, ...poses, descriptors, mirrored: false };
  }
});

function plainSamples(side: number, picture: Level, [a, b, c, d, e, f]: Affine): number[] {
  const { side: width, values } = picture;
  return Array.from({ length: side * side }, (_, at) => {
    const [u, v] = [((at % side) + 0.5) / side, (Math.floor(at / side) + 0.5) / side];
    const [mu, mv] = [a * u + b * v + c, d * u + e * v + f];
    if (!(mu >= 0 && mu <= 1 && mv >= 0 && mv <= 1)) return NaN;
    const place = (share: number) => Math.min(width - 1, Math.max(0, share * width - 0.5));
    const [x, y] = [place(mu), place(mv)];
    const [left, top] = [Math.min(width - 2, Math.floor(x)), Math.min(width - 2, Math.floor(y))];
    const pixel = (dx: number, dy: number) => values[(top + dy) * width + left + dx]!;
    const mix = (from: number, to: number, share: number) => from + (to - from) * share;
    return mix(mix(pixel(0, 0), pixel(1, 0), x - left), mix(pixel(0, 1), pixel(1, 1), x - left), y - top);
  });
}

/** Less the mean of the shared pixels among the 7 × 7 around it. */
function plainDetail(values: Float32Array, side: number, at: number): number {
  const [x, y] = [at % side, Math.floor(at / side)];
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, y - 3); row <= Math.min(side - 1, y + 3); row++) {
    for (let column = Math.max(0, x - 3); column <= Math.min(side - 1, x + 3); column++) {
      if (Number.isNaN(sampled[row * side + column]!)) continue;
      sum += values[row * side + column]!;
      count++;
    }
  }
  return values[at]! - sum / count;
}
