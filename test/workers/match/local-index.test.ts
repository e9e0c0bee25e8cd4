import assert from 'node:assert/strict';
import { fingerprint } from '../../../workers/fingerprint.js';
import { LocalIndex } from '../../../workers/match/local-index.js';
import { keysToAsk, keysToKeep } from '../../../workers/match/local-keys.js';
import { lay, scene, toPixels, toSharp } from '../scenes.js';

/** Whole numbers of 31 bits. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
}

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

  it('finds what a plain look at every key of every picture finds, over blocks that are full and one that is not', () => {
    const random = numbersFrom(7);
    // Few corners, so that pictures have some in common, and one that all have, which tells nothing.
    const corners = Array.from({ length: 6000 }, () => Array.from({ length: 32 }, () => random() & 255));
    const made = (count: number) =>
      evidenceOf([corners[0]!, ...Array.from({ length: count }, () => corners[random() % corners.length]!)], random);
    const known = Array.from({ length: 10_500 }, () => made(random() % 30));
    for (const at of [0, 2047, 2048, 8191, 8192, 10_239, 10_240, 10_499]) known[at] = known[5]!;
    const index = LocalIndex.create({ capacity: known.length });
    for (const one of known) index.append(one);
    for (const [query, from, below] of [
      [known[5]!, 0, 10_500],
      [known[5]!, 2048, 8192],
      [known[5]!, 8191, 10_241],
      [made(119), 0, 10_500],
      [made(60), 3000, 9000],
    ] as const) {
      const options = { from, below, leastVotes: 12, limit: 10_500 };
      const found = index.candidates(query, options);
      const expected = plainVotes(known, query, options);
      assert.ok(found.length > 2);
      assert.deepEqual(
        found.map(({ position }) => position).sort((a, b) => a - b),
        [...expected.keys()].sort((a, b) => a - b),
      );
      found.forEach(({ position, votes }, at) => {
        assert.ok(Math.abs(votes - expected.get(position)!) < 0.01, `${position}`);
        assert.ok(votes <= (found[at - 1]?.votes ?? Infinity));
      });
    }
  });

  const positions = (index: LocalIndex, picture: number, options = {}) =>
    index.candidates(evidence[picture]!, { leastVotes: 100, ...options }).map(({ position }) => position);
});

function filled(evidence: readonly Uint8Array[]): LocalIndex {
  const index = LocalIndex.create({ capacity: 100 });
  for (const one of evidence) assert.ok(index.append(one));
  return index;
}

/** Evidence of corners in any places, all turned alike and of one size or, now and then, not. */
function evidenceOf(corners: readonly number[][], random: () => number): Uint8Array {
  const start = 26 + 64 * 64 + 2 * 16 * 16;
  const evidence = new Uint8Array(start + corners.length * 38);
  evidence[0] = 1;
  evidence[25] = corners.length;
  corners.forEach((corner, feature) => {
    const isOdd = random() % 8 === 0;
    evidence.set(isOdd ? [random() & 255, random() & 3] : [40, 1], start + feature * 38 + 4);
    evidence.set(corner, start + feature * 38 + 6);
  });
  return evidence;
}

/** By the plainest way there is: votes by position. */
function plainVotes(
  known: readonly Uint8Array[],
  query: Uint8Array,
  { from, below, leastVotes }: { from: number; below: number; leastVotes: number },
): Map<number, number> {
  const BLOCK = 2048;
  const best = new Map<number, number>();
  const { upright, mirrored } = keysToAsk(query);
  for (let start = 0; start < known.length; start += BLOCK) {
    const block = known.slice(start, start + BLOCK).map(keysToKeep);
    const holders = new Map<number, [picture: number, pose: number][]>();
    block.forEach(({ keys, poses }, picture) => {
      keys.forEach((key, at) => {
        const holding = holders.get(key);
        if (holding) holding.push([picture, poses[at]!]);
        else holders.set(key, [[picture, poses[at]!]]);
      });
    });
    for (const { keys, poses } of [upright, mirrored]) {
      const turns = block.map(() => new Map<string, number>());
      keys.forEach((key, at) => {
        const holding = holders.get(key) ?? [];
        const weight = Math.log2((block.length + 400) / (holding.length + 2));
        if (weight < 4) return;
        for (const [picture, pose] of holding) {
          const turn = `${((pose >> 2) - (poses[at]! >> 2)) & 15} ${(pose & 3) - (poses[at]! & 3)}`;
          turns[picture]!.set(turn, (turns[picture]!.get(turn) ?? 0) + weight);
        }
      });
      turns.forEach((votesOf, picture) => {
        if (votesOf.size === 0) return;
        const at = (direction: number, level: number) => votesOf.get(`${direction & 15} ${level}`) ?? 0;
        let most = 0;
        for (let direction = 0; direction < 16; direction++) {
          for (let level = -4; level < 3; level++) {
            const sum =
              at(direction, level) + at(direction, level + 1) + at(direction + 1, level) + at(direction + 1, level + 1);
            most = Math.max(most, sum);
          }
        }
        const position = start + picture;
        if (most < leastVotes || position < from || position >= below) return;
        best.set(position, Math.max(best.get(position) ?? 0, most));
      });
    }
  }
  return best;
}
