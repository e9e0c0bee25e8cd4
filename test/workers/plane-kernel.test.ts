import assert from 'node:assert/strict';
import { reduceToLuma } from '../../workers/fingerprint/luma.js';
import { planeKernelBytes, resample, WIDEST_BAND } from '../../workers/fingerprint/plane-kernel.js';
import { sharesOf, shrinkPlane } from '../../workers/fingerprint/plane.js';
import { assembleKernel } from '../support/assemble-kernel.js';
import { scene } from './scenes.js';

describe('plane kernel', () => {
  it('is what its text assembles to', async () => {
    assert.deepEqual(Buffer.from(await assembleKernel('fingerprint/plane-kernel')), planeKernelBytes);
  });

  it('gives every colour the luma that 64-bit arithmetic rounds to', () => {
    for (let red = 0; red < 256; red += 3) {
      const data = new Uint8Array(256 * 256 * 3);
      for (let i = 0; i < 256 * 256; i++) data.set([red, i >> 8, i & 255], i * 3);
      const { values } = reduceToLuma({ data, width: 256, height: 256 });
      for (let i = 0; i < 256 * 256; i++) {
        const expected = Math.fround(0.299 * red + 0.587 * (i >> 8) + 0.114 * (i & 255));
        if (values[i] !== expected) assert.equal(values[i], expected, `${red}, ${i >> 8}, ${i & 255}`);
      }
    }
  });

  it('averages down as plain sums do, for sides of any remainder', () => {
    for (const [width, height, to, down] of [
      [37, 29, 13, 11],
      [36, 31, 12, 30],
      [101, 7, 33, 2],
      [512, 5, 320, 3],
      [3, 3, 1, 1],
    ] as const) {
      const values = Float32Array.from({ length: width * height }, (_, at) => (at * 7919) % 256);
      const shrunk = shrinkPlane({ values, width, height }, to, down);
      const [across, along] = [sharesOf(width, to), sharesOf(height, down)];
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < to; x++) {
          let expected = 0;
          for (let row = 0; row < along.taps; row++) {
            let sum = 0;
            for (let column = 0; column < across.taps; column++) {
              const at = (along.first[y]! + row) * width + across.first[x]! + column;
              sum += values[at]! * across.weights[x * across.taps + column]!;
            }
            expected += sum * along.weights[y * along.taps + row]!;
          }
          const off = Math.abs(shrunk.values[y * to + x]! - expected);
          assert.ok(off < 1e-4, `${width} × ${height}: ${x}, ${y} is off by ${off}`);
        }
      }
    }
  });

  it('averages luma alone as it does that of pixels', () => {
    for (const [width, height] of [
      [300, 200],
      [517, 389],
      [1030, 21],
      [WIDEST_BAND + 3, 2],
    ] as const) {
      const luma = Uint8Array.from({ length: width * height }, (_, at) => (at * 7919) % 256);
      const grey = Uint8Array.from({ length: 3 * luma.length }, (_, at) => luma[Math.floor(at / 3)]!);
      const { values, ...size } = reduceToLuma({ data: grey, width, height });
      const expected = values.slice(0, size.width * size.height);
      const alone = reduceToLuma({ data: luma, width, height, chroma: null });
      assert.deepEqual({ width: alone.width, height: alone.height }, size);
      expected.forEach((value, at) => assert.ok(Math.abs(alone.values[at]! - value) < 1e-3, `${width}: ${at}`));
    }
  });

  it('takes a part of a plane as that part alone', () => {
    const whole = Float32Array.from({ length: 40 * 30 }, (_, at) => (at * 104_729) % 251);
    const part = Float32Array.from(
      { length: 21 * 17 },
      (_, at) => whole[(5 + Math.floor(at / 21)) * 40 + 3 + (at % 21)]!,
    );
    const shares = [sharesOf(21, 9), sharesOf(17, 8)] as const;
    const inside = resample(
      { values: whole, width: 40, left: 3, top: 5, rows: 17, columns: 21 },
      ...shares,
      9,
      8,
    ).slice();
    const alone = resample({ values: part, width: 21, left: 0, top: 0, rows: 17, columns: 21 }, ...shares, 9, 8);
    assert.deepEqual(inside, alone.slice());
  });

  it('averages pictures beyond the widest band as those within', () => {
    for (const width of [WIDEST_BAND, WIDEST_BAND + 512]) {
      const { data } = scene(5, width / 64, 6);
      const wide = { data: data.map((_, at) => data[Math.floor(at / 3) * 3]!), width: width / 64, height: 6 };
      const stretched = new Uint8Array(width * 6 * 3);
      for (let i = 0; i < width * 6; i++) {
        const value = wide.data[(Math.floor(i / width) * wide.width + Math.floor((i % width) / 64)) * 3]!;
        stretched.fill(value, i * 3, i * 3 + 3);
      }
      const luma = reduceToLuma({ data: stretched, width, height: 6 });
      assert.deepEqual([luma.width, luma.height], [512, 1]);
      const mean = luma.values.subarray(0, 512).reduce((sum, value) => sum + value, 0) / 512;
      const expected = wide.data.reduce((sum, value) => sum + value, 0) / wide.data.length;
      assert.ok(Math.abs(mean - expected) < 0.01, `${width}: ${mean}, not ${expected}`);
    }
  });
});
