import assert from 'node:assert/strict';
import { chooseCrops, cutCrops } from '../../workers/detector/crops.js';
import type { Pixels } from '../../workers/pixels.js';
import { goldenPicture } from './golden-picture.js';

describe('the crops a detector looks at', () => {
  it('lie inside the picture, differ, and are no more than asked for', () => {
    for (const [width, height] of [
      [4000, 3000],
      [701, 523],
      [9000, 130],
    ] as const) {
      const chosen = chooseCrops(goldenPicture(width, height, 1), 128, 8);
      assert.ok(chosen.length <= 8);
      assert.equal(new Set(chosen.map(({ left, top }) => `${left},${top}`)).size, chosen.length);
      for (const { left, top } of chosen) {
        assert.ok(left >= 0 && top >= 0 && left + 128 <= width && top + 128 <= height);
      }
    }
  });

  it('start with the most textured part', () => {
    const picture: Pixels = { data: new Uint8Array(512 * 512 * 3), width: 512, height: 512 };
    for (let y = 128; y < 256; y++) {
      for (let x = 256; x < 384; x++)
        picture.data.fill((x + y) % 2 ? 255 : 0, (y * 512 + x) * 3, (y * 512 + x) * 3 + 3);
    }
    assert.deepEqual(chooseCrops(picture, 128, 4)[0], { left: 256, top: 128 });
  });

  it('are the picture’s own pixels, untouched', () => {
    const picture = goldenPicture(300, 200, 3);
    const crop = cutCrops(picture, 64, [{ left: 100, top: 50 }]);
    for (let y = 0; y < 64; y++) {
      const row = ((50 + y) * 300 + 100) * 3;
      assert.deepEqual(crop.subarray(y * 192, (y + 1) * 192), picture.data.subarray(row, row + 192));
    }
  });

  it('continue a small picture by reflection, the edge repeated', () => {
    const picture: Pixels = { data: Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3]), width: 3, height: 1 };
    assert.deepEqual(chooseCrops(picture, 8, 4), [{ left: 0, top: 0 }]);
    const crop = cutCrops(picture, 8, [{ left: 0, top: 0 }]);
    const firstRow = Array.from({ length: 8 }, (_, x) => crop[x * 3]);
    assert.deepEqual(firstRow, [1, 2, 3, 3, 2, 1, 1, 2]);
    assert.deepEqual(crop.subarray(7 * 24), crop.subarray(0, 24));
  });
});
