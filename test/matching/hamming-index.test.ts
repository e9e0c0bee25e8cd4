import assert from 'node:assert/strict';
import { HammingIndex } from '../../src/features/qc/match/hamming-index.js';
import { flipped, randomHash } from './hashes.js';

describe('hamming index', () => {
  it('agrees with counting bit by bit', () => {
    const hashes = Array.from({ length: 3000 }, (_, seed) => randomHash(seed));
    const index = new HammingIndex();
    for (const hash of hashes) index.add(hash);
    for (const query of [randomHash(9001), randomHash(9002), flipped(hashes[1234]!, 40)]) {
      const distances = hashes.map((hash) => bitsApart(hash, query));
      const distance = Math.min(...distances);
      assert.deepEqual(index.nearest(query, 256), { position: distances.indexOf(distance), distance });
    }
  });

  it('counts every bit, up to all 256', () => {
    const index = new HammingIndex();
    index.add(new Uint8Array(32));
    for (let bit = 0; bit < 256; bit++)
      assert.equal(index.nearest(flipped(new Uint8Array(32), 1, bit), 256)?.distance, 1);
    assert.equal(index.nearest(new Uint8Array(32).fill(255), 256)?.distance, 256);
  });

  it('includes the farthest distance asked for and nothing beyond', () => {
    const index = new HammingIndex();
    index.add(flipped(randomHash(1), 30));
    assert.deepEqual(index.nearest(randomHash(1), 30), { position: 0, distance: 30 });
    assert.equal(index.nearest(randomHash(1), 29), null);
    assert.equal(new HammingIndex().nearest(randomHash(1), 256), null);
  });

  it('finds what was added later, over many growths', () => {
    const index = new HammingIndex();
    for (let seed = 0; seed < 5000; seed++) {
      assert.equal(index.add(randomHash(seed)), seed);
      if (seed % 500 === 0) assert.deepEqual(index.nearest(randomHash(seed), 0), { position: seed, distance: 0 });
    }
    assert.equal(index.size, 5000);
    assert.deepEqual(index.nearest(randomHash(3), 0), { position: 3, distance: 0 });
  });

  it('gives the first of equals, and skips what is no candidate', () => {
    const index = new HammingIndex();
    const hash = randomHash(1);
    for (const other of [randomHash(2), hash, hash, flipped(hash, 4)]) index.add(other);
    assert.deepEqual(index.nearest(hash, 50), { position: 1, distance: 0 });
    assert.deepEqual(
      index.nearest(hash, 50, (position) => position !== 1),
      { position: 2, distance: 0 },
    );
    assert.deepEqual(
      index.nearest(hash, 50, (position) => position > 2),
      { position: 3, distance: 4 },
    );
  });

  it('reads hashes that are views into larger buffers', () => {
    const index = new HammingIndex();
    const bytes = Buffer.concat([Buffer.alloc(3), randomHash(7)]);
    index.add(bytes.subarray(3));
    assert.equal(index.nearest(randomHash(7), 0)?.distance, 0);
  });

  it('refuses hashes of another length', () => {
    const index = new HammingIndex();
    assert.throws(() => index.add(new Uint8Array(31)), RangeError);
    assert.throws(() => index.nearest(new Uint8Array(64), 10), RangeError);
  });
});

function bitsApart(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, index) => sum + (byte ^ b[index]!).toString(2).replaceAll('0', '').length, 0);
}
