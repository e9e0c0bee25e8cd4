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
    const corners = cornersFrom(random, 6000);
    const made = (count: number) =>
      evidenceOf([corners[0]!, ...Array.from({ length: count }, () => corners[random() % corners.length]!)]);
    const known = Array.from({ length: 10_500 }, () => made(random() % 30));
    for (const at of [0, 2047, 2048, 8191, 8192, 10_239, 10_240, 10_499]) known[at] = known[5]!;
    const index = LocalIndex.create({ capacity: known.length });
    for (const one of known) index.append(one);
    const queries = (
      [
        [known[5]!, 0, 10_500],
        [known[5]!, 2048, 8192],
        [known[5]!, 8191, 10_241],
        [made(119), 0, 10_500],
        [made(110), 3000, 9000],
      ] as const
    ).map(([evidence, from, below]) => ({ evidence, from, below, leastVotes: 12, limit: 10_500 }));
    index.candidatesOfEach(queries).forEach((found, number) => {
      const expected = plainCorners(known, queries[number]!);
      const sure = found.filter(({ corners }) => corners > 2);
      assert.ok(found.length > 2);
      const byPosition = (list: (readonly [number, number])[]) => list.sort(([a], [b]) => a - b);
      assert.deepEqual(
        byPosition(sure.map(({ position, corners }) => [position, corners])),
        byPosition([...expected].filter(([, corners]) => corners > 2)),
      );
      for (const { position, corners } of found) assert.equal(corners, expected.get(position));
      assert.deepEqual(found, index.candidates(queries[number]!.evidence, queries[number]));
    });
  });

  it('wants corners to lie alike in both pictures, and those of one place to be one', () => {
    const random = numbersFrom(8);
    const corners = cornersFrom(random, 40);
    const shuffled = corners.map((corner) => ({ ...corner, ...placeOf(random() % 400) }));
    const together = corners.map((corner) => ({ ...corner, x: 0.5, y: 0.5 }));
    const turned = corners.map(({ x, y, ...corner }) => ({ ...corner, x: 1 - y, y: x, angle: corner.angle + 64 }));
    const index = filled([shuffled, together, turned].map(evidenceOf));
    const found = index.candidates(evidenceOf(corners));
    assert.deepEqual([found[0]?.position, found[0]!.corners > 20], [2, true]);
    assert.ok(found.slice(1).every(({ corners }) => corners < 5));
  });

  const positions = (index: LocalIndex, picture: number, options = {}) =>
    index
      .candidates(evidence[picture]!, options)
      .filter(({ corners }) => corners > 10)
      .map(({ position }) => position);
});

function filled(evidence: readonly Uint8Array[]): LocalIndex {
  const index = LocalIndex.create({ capacity: 100 });
  for (const one of evidence) assert.ok(index.append(one));
  return index;
}

interface MadeCorner {
  description: number[];
  x: number;
  y: number;
  angle: number;
}

/** On a grid whose points lie apart. */
const placeOf = (point: number) => ({ x: ((point % 20) + 0.5) / 20, y: (Math.floor(point / 20) + 0.5) / 20 });

/** Corners that lie in one place in whatever picture they are. */
const cornersFrom = (random: () => number, count: number): MadeCorner[] =>
  Array.from({ length: count }, (_, at) => ({
    // The lowest bits come again too soon.
    description: Array.from({ length: 32 }, () => random() >>> 16),
    ...placeOf(at % 400),
    angle: 40,
  }));

/** Of a square picture. */
function evidenceOf(corners: readonly MadeCorner[]): Uint8Array {
  const start = 26 + 64 * 64 + 2 * 16 * 16;
  const evidence = new Uint8Array(start + corners.length * 38);
  const view = new DataView(evidence.buffer);
  evidence[0] = 1;
  view.setUint32(1, 600);
  view.setUint32(5, 600);
  evidence[25] = corners.length;
  corners.forEach(({ description, x, y, angle }, number) => {
    const at = start + number * 38;
    view.setUint16(at, x * 65535);
    view.setUint16(at + 2, y * 65535);
    evidence.set([angle, 1, ...description], at + 4);
  });
  return evidence;
}

/** By the plainest way there is: by position the places of the corners in common. No corner lies elsewhere in another picture. */
function plainCorners(
  known: readonly Uint8Array[],
  {
    evidence: query,
    from,
    below,
    leastVotes,
  }: { evidence: Uint8Array; from: number; below: number; leastVotes: number },
): Map<number, number> {
  const BLOCK = 2048;
  const found = new Map<number, number>();
  const { keys, corners, places } = keysToAsk(query).upright;
  for (let start = 0; start < known.length; start += BLOCK) {
    const block = known.slice(start, start + BLOCK).map((evidence) => keysToKeep(evidence).keys);
    const holders = new Map<number, number[]>();
    block.forEach((ofPicture, picture) => {
      for (const key of ofPicture) {
        const holding = holders.get(key);
        if (holding) holding.push(picture);
        else holders.set(key, [picture]);
      }
    });
    const votes = block.map(() => 0);
    const common = block.map(() => new Set<string>());
    keys.forEach((key, at) => {
      const holding = holders.get(key) ?? [];
      const weight = Math.log2((block.length + 400) / (holding.length + 2));
      if (holding.length > 72 || weight < 4) return;
      for (const picture of holding) {
        votes[picture]! += weight;
        common[picture]!.add(places.subarray(4 * corners[at]!, 4 * corners[at]! + 2).join());
      }
    });
    votes.forEach((sum, picture) => {
      const position = start + picture;
      if (sum < leastVotes || common[picture]!.size < 2 || position < from || position >= below) return;
      found.set(position, common[picture]!.size);
    });
  }
  return found;
}
