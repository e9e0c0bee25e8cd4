import assert from 'node:assert/strict';
import { chooseKeeper, type KeeperCandidate } from '../../src/features/duplicates/keeper.js';

describe('the picture to keep of a group', () => {
  const candidate = (key: string, facts: Partial<KeeperCandidate> = {}): KeeperCandidate => ({
    key,
    isReference: false,
    decision: null,
    shown: 1,
    bordered: false,
    pixels: 1_000_000,
    bytes: 200_000,
    metadataBytes: 0,
    createdAt: 1000,
    ...facts,
  });
  const kept = (first: KeeperCandidate, ...rest: KeeperCandidate[]) => {
    const { keeper, reasons } = chooseKeeper([first, ...rest]);
    return [keeper.key, ...reasons];
  };

  /** Each beats the plain one on its own criterion alone, and is worse by every later one. */
  const worse = { pixels: 10, bytes: 1, metadataBytes: 0, createdAt: 9000 };
  const better: [string, string, Partial<KeeperCandidate>, Partial<KeeperCandidate>][] = [
    ['one that somebody kept', 'kept', { ...worse, decision: 'keep', shown: 0.5 }, { isReference: true }],
    ['a reference', 'reference', { ...worse, isReference: true, shown: 0.5 }, {}],
    ['the least cropped', 'least_cropped', { ...worse }, { shown: 0.9 }],
    ['one without a border', 'least_cropped', { ...worse }, { bordered: true }],
    ['the one of most pixels', 'most_pixels', { pixels: 1_000_001, bytes: 1, createdAt: 9000 }, { metadataBytes: 5 }],
    ['the least compressed', 'least_compressed', { bytes: 200_001, createdAt: 9000 }, { metadataBytes: 5 }],
    ['the one of most metadata', 'most_metadata', { metadataBytes: 6, createdAt: 9000 }, { metadataBytes: 5 }],
    ['the oldest', 'oldest', { createdAt: 999 }, {}],
  ];
  for (const [which, reason, facts, rival] of better) {
    it(`is ${which}, whatever comes after`, () => {
      assert.deepEqual(kept(candidate('b', rival), candidate('a', facts)), ['a', reason]);
      assert.deepEqual(kept(candidate('a', facts), candidate('b', rival)), ['a', reason]);
    });
  }

  it('is never a rejected one while there is another', () => {
    assert.deepEqual(kept(candidate('a', { decision: 'reject', isReference: true }), candidate('b')), ['b', 'kept']);
  });

  it('takes crops that differ by less than can be measured for equal', () => {
    assert.deepEqual(kept(candidate('a', { shown: 0.98 }), candidate('b', { pixels: 900_000 })), ['a', 'most_pixels']);
  });

  it('names each criterion by which somebody fell behind', () => {
    const small = candidate('small', { pixels: 10 });
    const cropped = candidate('cropped', { shown: 0.5 });
    const young = candidate('young', { createdAt: 5000 });
    assert.deepEqual(kept(small, cropped, young, candidate('old')), ['old', 'least_cropped', 'most_pixels', 'oldest']);
  });

  it('is the same whatever the order, where nothing tells pictures apart', () => {
    assert.deepEqual(kept(candidate('b'), candidate('a')), ['a']);
    assert.deepEqual(kept(candidate('a'), candidate('b')), ['a']);
  });
});
