import assert from 'node:assert/strict';
import { fingerprint } from '../../../workers/fingerprint.js';
import { LocalIndex } from '../../../workers/match/local-index.js';
import { lay, scene, toPixels, toSharp } from '../scenes.js';

describe('index of local features', () => {
  const pictures = [1, 2, 3, 4, 5].map((seed) => scene(seed, 400, 300));
  const evidence = pictures.map((picture) => fingerprint(picture).evidence);

  it('finds a strong crop, as it is, mirrored and turned', async () => {
    const index = filled(evidence);
    const region = { left: 120, top: 60, width: 240, height: 200 };
    const crop = await toPixels(await toSharp(pictures[2]!).extract(region).png().toBuffer());
    for (const orientation of ['upright', 'flip', 'rotate90'] as const) {
      const [best] = index.candidates(fingerprint(lay(crop, orientation)).evidence);
      assert.equal(best?.position, 2, orientation);
    }
  });

  it('finds the same once a block is full, in another view of the memory too', () => {
    const index = LocalIndex.create({ capacity: 5000 });
    for (const one of evidence) index.append(one);
    const before = index.candidates(evidence[1]!)[0]!.position;
    for (let i = 0; i < 2100; i++) index.append(null);
    index.append(evidence[1]!);
    const view = LocalIndex.view(index.shared);
    assert.ok(view.shares(index.shared) && !view.shares(LocalIndex.create({ capacity: 1 }).shared));
    for (const one of [index, view]) {
      assert.deepEqual([before, ...positions(one, 1)], [1, 1, 2105]);
      assert.deepEqual(positions(one, 1, { from: 2 }), [2105]);
      assert.deepEqual(positions(one, 1, { below: 2105 }), [1]);
      assert.deepEqual(positions(one, 1, { limit: 1 }), [1]);
    }
  });

  it('takes no more than it has room for, and keeps a place for pictures without features', () => {
    const index = LocalIndex.create({ capacity: 2 });
    assert.deepEqual([index.append(null), index.append(evidence[0]!), index.append(evidence[1]!)], [true, true, false]);
    assert.deepEqual([index.size, index.isFull], [2, true]);
    assert.deepEqual(positions(index, 0), [1]);
    assert.throws(() => LocalIndex.create({ capacity: 9_000_000 }), /cannot hold/);
  });

  it('is asked in vain by evidence of another version', () => {
    assert.deepEqual(filled(evidence).candidates(Uint8Array.of(77)), []);
  });

  const positions = (index: LocalIndex, picture: number, options = {}) =>
    index.candidates(evidence[picture]!, { leastVotes: 100, ...options }).map(({ position }) => position);
});

function filled(evidence: readonly Uint8Array[]): LocalIndex {
  const index = LocalIndex.create({ capacity: 100 });
  for (const one of evidence) assert.ok(index.append(one));
  return index;
}
