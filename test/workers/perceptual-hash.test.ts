import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { perceptualHash } from '../../workers/perceptual-hash.js';
import type { Pixels } from '../../workers/pixels.js';
import { paint, scene, toPixels, toSharp } from './scenes.js';

describe('perceptual hash', () => {
  it('agrees with PDQ written down plainly, for sizes below and above the filter size', () => {
    for (const [width, height] of [
      [64, 64],
      [333, 207],
      [900, 400],
    ] as const) {
      const picture = scene(width, width, height);
      assert.equal(hex(perceptualHash(picture)), hex({ hash: plainPdq(picture) }), `${width} × ${height}`);
    }
  });

  it('is the one that Meta publishes for a picture of its own', async () => {
    const picture = await toPixels(await readFile(new URL('pdq/wee.jpg', import.meta.url)));
    assert.equal(hex(perceptualHash(picture)), '6227401f601ff4ccafcc9fad4b0d95d371a2eb7265a3285234d228ca94deeb2d');
  });

  it('is the same for the same picture, whatever was hashed in between', () => {
    const first = perceptualHash(scene(1));
    perceptualHash(scene(2, 700, 500));
    assert.deepEqual(perceptualHash(scene(1)), first);
  });

  it('sets half of its bits', () => {
    assert.equal(distance(perceptualHash(scene(3)).hash, new Uint8Array(32)), 128);
  });

  it('hardly changes by recompression, resizing, format, tone or loss of colour', async () => {
    const original = scene(4, 800, 600);
    const variants = {
      jpeg30: toSharp(original).jpeg({ quality: 30 }),
      webp50: toSharp(original).webp({ quality: 50 }),
      half: toSharp(original).resize(400).png(),
      double: toSharp(original).resize(1600).png(),
      brighter: toSharp(original).modulate({ brightness: 1.15 }).png(),
      flatter: toSharp(original).linear(0.8, 25).png(),
      grey: toSharp(original).greyscale().png(),
      blurred: toSharp(original).blur(1.2).png(),
    };
    for (const [name, variant] of Object.entries(variants)) {
      const hash = perceptualHash(await toPixels(await variant.toBuffer())).hash;
      const bits = distance(hash, perceptualHash(original).hash);
      assert.ok(bits <= 31, `${name} is ${bits} bits away`);
    }
  });

  it('keeps unrelated pictures far apart', () => {
    const hashes = Array.from({ length: 20 }, (_, seed) => perceptualHash(scene(100 + seed, 160, 120)).hash);
    const distances = hashes.flatMap((hash, index) => hashes.slice(index + 1).map((other) => distance(hash, other)));
    assert.ok(Math.min(...distances) > 60, `nearest ${Math.min(...distances)}`);
  });

  it('trusts scenes and distrusts what has too little structure', () => {
    assert.ok(perceptualHash(scene(5)).quality >= 90);
    const plain = {
      flat: paint(300, 200, () => [40, 90, 200]),
      ramp: paint(300, 200, (x) => [255 * x, 255 * x, 255 * x]),
      stripes: paint(300, 200, (x) => (x % 0.2 < 0.1 ? [255, 255, 255] : [0, 0, 0])),
      halves: paint(300, 200, (_, y) => (y < 0.5 ? [255, 255, 255] : [0, 0, 0])),
      glow: paint(300, 200, (x, y) => [255 * (1 - Math.hypot(x - 0.5, y - 0.5)), 0, 0]),
      waves: paint(300, 200, (x, y) => [127 + 120 * Math.sin(12 * x) * Math.sin(9 * y), 0, 0]),
    };
    for (const [name, picture] of Object.entries(plain)) {
      assert.ok(perceptualHash(picture).quality < 50, `${name}: ${perceptualHash(picture).quality}`);
    }
    assert.equal(perceptualHash(plain.flat).quality, 0);
  });

  it('takes pictures of any shape', () => {
    assert.deepEqual(perceptualHash(paint(1, 1, () => [255, 0, 0])), { hash: new Uint8Array(32), quality: 0 });
    for (const [width, height] of [
      [5, 5],
      [5, 1000],
      [1000, 7],
      [513, 511],
    ] as const) {
      assert.equal(perceptualHash(scene(6, width, height)).hash.length, 32);
    }
  });
});

function hex({ hash }: { hash: Uint8Array }): string {
  return Buffer.from(hash).toString('hex');
}

function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, index) => sum + (byte ^ b[index]!).toString(2).replaceAll('0', '').length, 0);
}

type Matrix = number[][];

/** The definition, step by step, without a thought for speed. */
function plainPdq(picture: Pixels): Uint8Array {
  const luma = reduced(lumaOf(picture));
  const smooth = boxed(transposed(boxed(transposed(boxed(transposed(boxed(luma)))))));
  const filtered = transposed(smooth);
  const centre = (index: number, length: number) => Math.floor(((index + 0.5) * length) / 64);
  const grid = range(64).map((row) =>
    range(64).map((column) => filtered[centre(row, filtered.length)]![centre(column, filtered[0]!.length)]!),
  );
  const cosines = range(16).map((frequency) =>
    range(64).map((at) => Math.sqrt(2 / 64) * Math.cos((Math.PI / 128) * (frequency + 1) * (2 * at + 1))),
  );
  const spectrum = product(product(cosines, grid), transposed(cosines)).flat();
  const median = spectrum.toSorted((a, b) => a - b)[127]!;
  const bits = spectrum.map((value) => (value > median ? '1' : '0')).toReversed();
  return Uint8Array.from(range(32), (index) => parseInt(bits.slice(index * 8, index * 8 + 8).join(''), 2));
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));

function product(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => row.reduce((sum, value, index) => sum + value * column[index]!, 0)));
}

function lumaOf({ data, width, height }: Pixels): Matrix {
  return range(height).map((y) =>
    range(width).map((x) => {
      const at = (y * width + x) * 3;
      return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    }),
  );
}

/** To fit 512 × 512 by area average, rows and columns apart: each target is the mean of the stretch it covers. */
function reduced(luma: Matrix): Matrix {
  const scale = Math.min(1, 512 / Math.max(luma.length, luma[0]!.length));
  if (scale === 1) return luma;
  const shorten = (rows: Matrix): Matrix =>
    rows.map((row) => {
      const target = Math.round(row.length * scale);
      return range(target).map((index) => meanBetween(row, (index * row.length) / target, row.length / target));
    });
  return transposed(shorten(transposed(shorten(luma))));
}

function meanBetween(row: number[], from: number, length: number): number {
  const first = Math.floor(from);
  const covered = (at: number) => Math.max(0, Math.min(at + 1, from + length) - Math.max(at, from));
  const values = row.slice(first, Math.ceil(from + length) + 1);
  return values.reduce((sum, value, index) => sum + value * covered(first + index), 0) / length;
}

/** The mean of the window around each value, as far as it lies inside the line. */
function boxed(rows: Matrix): Matrix {
  const window = Math.ceil(rows[0]!.length / 128);
  const ahead = Math.floor(window / 2);
  return rows.map((row) =>
    row.map((_, at) => {
      const inside = row.slice(Math.max(0, at + ahead - window + 1), at + ahead + 1);
      return inside.reduce((sum, value) => sum + value, 0) / inside.length;
    }),
  );
}
