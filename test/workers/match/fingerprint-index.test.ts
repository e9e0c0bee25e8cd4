import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.js';
import { AnalysisPool } from '../../../src/queue/analysis-pool.js';
import { DESCRIPTOR_NORM, transposeDescriptor } from '../../../workers/fingerprint/descriptor.js';
import { fingerprint, type Fingerprint } from '../../../workers/fingerprint.js';
import { FingerprintIndex, type CandidateOptions, type IndexEntry } from '../../../workers/match/fingerprint-index.js';
import { dihedralOfHash, hammingDistance } from '../../../workers/match/hash-orientations.js';
import { kernelBytes } from '../../../workers/match/scan-kernel.js';
import { assembleKernel } from '../../support/assemble-kernel.js';
import { lay, scene } from '../scenes.js';

const tags = { owner: 1, request: 1, reference: false };

describe('index of fingerprints', () => {
  it('runs the kernel whose text is in the repository', async () => {
    assert.deepEqual(Buffer.from(await assembleKernel('match/scan-kernel')), kernelBytes);
  });

  it('finds the same candidates as a plain loop over everything', () => {
    const random = bytesFrom(1);
    // More than one block, and a last group that is not full.
    const entries = Array.from({ length: 4500 }, () => ({ ...randomEntry(random), ...tags }));
    const index = filled(entries);
    const queries = [entries[7]!, entries[4499]!, nearby(entries[4200]!, random, 20), randomEntry(random)];
    const everything = { limit: 3 * entries.length };
    for (const query of queries) {
      for (const options of [
        { ...everything },
        { ...everything, radius: 0 },
        { ...everything, radius: 104, leastCosine: 2 },
        { ...everything, radius: 0, leastCosine: 0.2 },
        { ...everything, radius: 0, leastCosine: 0.1, leastLikeness: -0.6 },
        { ...everything, radius: 0, leastCosine: -1, leastLikeness: -1.2, from: 17 },
        { ...everything, radius: 110, from: 17, below: 4250 },
      ]) {
        const found = index.candidates(query, options).map(({ position, pdqDistance }) => ({ position, pdqDistance }));
        const [fewest, most] = [CLOSE, -CLOSE].map((margin) => plainSearch(entries, query, options, margin));
        const sureOrFound = new Set([...fewest!, ...found].map(({ position }) => position));
        const expected = most!.filter(({ position }) => sureOrFound.has(position));
        assert.deepEqual(found.sort(byPosition), expected, JSON.stringify(options));
      }
    }
  });

  it('finds a picture in each orientation, and tells which', () => {
    const index = filled([1, 2, 3].map((seed) => ({ ...fingerprint(scene(seed, 300, 340)), ...tags })));
    for (const orientation of ['upright', 'rotate90', 'rotate270', 'flip', 'transverse'] as const) {
      const [best] = index.candidates(fingerprint(lay(scene(2, 300, 340), orientation)), { leastCosine: 2 });
      assert.deepEqual([best?.position, best?.orientation], [1, orientation]);
    }
  });

  it('finds by the hash alone what has no descriptor', () => {
    const { pdq } = fingerprint(scene(4));
    const index = filled([{ pdq, ...tags }]);
    assert.deepEqual(
      index.candidates({ pdq }).map(({ position, pdqDistance }) => [position, pdqDistance]),
      [[0, 0]],
    );
  });

  it('lets every one of many copies meet the first of them', () => {
    const random = bytesFrom(9);
    const original = randomEntry(random);
    const index = filled(Array.from({ length: 150 }, () => ({ ...nearby(original, random, 6), ...tags })));
    const positions = index.candidates(nearby(original, random, 6)).map(({ position }) => position);
    assert.equal(positions.length, 40);
    assert.equal(new Set(positions).size, 40);
    assert.ok(
      [0, 1, 2, 3].every((position) => positions.includes(position)),
      positions.join(),
    );
    const close = index.candidates(nearby(original, random, 6), { limit: 20 });
    assert.equal(close.length, 20);
  });

  it('leaves places for the nearest hashes, however many pictures are merely alike', () => {
    const random = bytesFrom(5);
    const query = randomEntry(random);
    // Bits that are not of the lowest frequencies, so that they are far by their hash and alike all the same.
    const alike = Array.from({ length: 100 }, () => {
      const pdq = Uint8Array.from(query.pdq, (byte, at) => (at < 16 || at % 2 === 0 ? random() : byte));
      return { pdq, descriptor: query.descriptor, ...tags };
    });
    const copies = Array.from({ length: 30 }, () => ({ ...nearby(query, random, 20), ...tags }));
    const index = filled([...alike, ...copies]);
    const found = index.candidates(query);
    assert.equal(found.length, 40);
    assert.equal(found.filter(({ position }) => position >= 100).length, 30);
    assert.equal(index.candidates(query, { below: 100 }).length, 15);
  });

  it('keeps the most alike of many, the oldest of equals, wherever they stand', () => {
    const random = bytesFrom(11);
    const query = randomEntry(random);
    const far = (pdq: Uint8Array) => Uint8Array.from(pdq, (byte, at) => (at < 16 || at % 2 === 0 ? random() : byte));
    const entries = Array.from({ length: 9000 }, () => randomEntry(random));
    for (const position of [8999, 5, 4096, 8192]) entries[position] = { ...query, pdq: far(query.pdq) };
    const index = filled(entries.map((entry) => ({ ...entry, ...tags })));
    const found = index.candidates(query, { limit: 8, leastLikeness: -1 });
    assert.deepEqual(
      found.map(({ position }) => position),
      [5, 4096, 8192],
    );
    assert.ok(found.every(({ cosine }) => cosine > 1 - CLOSE));
  });

  it('answers nothing when empty', () => {
    assert.deepEqual(FingerprintIndex.create().candidates(fingerprint(scene(5))), []);
  });

  it('keeps to the scope, the newer, the older and the limit, and forgets what is retired', () => {
    const print = fingerprint(scene(6));
    const index = filled([
      { ...print, owner: 1, request: 10, reference: false },
      { ...print, owner: 1, request: 11, reference: false },
      { ...print, owner: 2, request: 12, reference: false },
      { ...print, owner: 0, request: 0, reference: true },
    ]);
    const positions = (options: CandidateOptions) => index.candidates(print, options).map(({ position }) => position);
    assert.deepEqual(positions({}), [0, 1, 2, 3]);
    assert.deepEqual(positions({ scope: { owner: 1 } }), [0, 1, 3]);
    assert.deepEqual(positions({ scope: { owner: 1, references: false } }), [0, 1]);
    assert.deepEqual(positions({ scope: { owner: 1, uploadsBelow: 1 } }), [0, 3], 'references wherever they are');
    assert.deepEqual(positions({ scope: { request: 11, references: false } }), [1]);
    assert.deepEqual(positions({ except: 0, below: 3 }), [1, 2]);
    assert.deepEqual(positions({ from: 2 }), [2, 3]);
    assert.deepEqual(positions({ limit: 2 }), [0, 1]);
    index.retire(1);
    assert.deepEqual(positions({}), [0, 2, 3]);
    assert.throws(() => index.retire(4), /No fingerprint at 4 of 4/);
  });

  it('refuses what is not a fingerprint, and more than it has room for', () => {
    const index = FingerprintIndex.create({ capacity: 10 });
    assert.throws(() => index.append({ pdq: new Uint8Array(31), ...tags }), /hash must have 32 values, not 31/);
    const descriptor = new Int8Array(5);
    assert.throws(() => index.append({ pdq: new Uint8Array(32), descriptor, ...tags }), /descriptor must have 64/);
    assert.throws(() => FingerprintIndex.create({ capacity: 60_000_000 }), /need more/);
    assert.equal(index.size, 0);
  });

  it('shows other threads what is appended, before and after they began to look', async () => {
    const index = FingerprintIndex.create();
    const pool = new AnalysisPool({ threads: 1, detectorFolder: loadConfig({}).detectorFolder });
    const [first, second] = [fingerprint(scene(7)), fingerprint(scene(8))];
    const ask = async ({ pdq, dihedral, descriptor }: Fingerprint) => {
      const found = await pool.search({ shared: index.shared, queries: [{ pdq, dihedral, descriptor }] });
      return found[0]!.map(({ position }) => position);
    };
    index.append({ ...first, ...tags });
    try {
      assert.deepEqual(await ask(first), [0]);
      assert.deepEqual(await ask(second), []);
      for (let i = 0; i < 5000; i++) index.append({ pdq: new Uint8Array(32), ...tags });
      index.append({ ...second, ...tags });
      assert.deepEqual(await ask(second), [5001]);
      // Far more handles than there is scratch space for: all are the same memory.
      for (let i = 0; i < 70; i++) assert.deepEqual(await ask(first), [0]);
    } finally {
      await pool.close();
    }
  });
});

function filled(entries: readonly IndexEntry[]): FingerprintIndex {
  const index = FingerprintIndex.create({ capacity: entries.length });
  entries.forEach((entry, position) => assert.equal(index.append(entry), position));
  return index;
}

interface Entry {
  pdq: Uint8Array;
  descriptor: Int8Array;
}

/** Cosines of descriptors that are kept halved in part are as good as that. */
const CLOSE = 0.01;

/** The definition, one pair after the other. @param margin by which more is asked for than the options say. */
function plainSearch(entries: readonly Entry[], { pdq, descriptor }: Entry, options: CandidateOptions, margin: number) {
  const { radius = 44, leastCosine = 0.35, leastLikeness = -1 / 3, from = 0, below = entries.length } = options;
  const orientations = dihedralOfHash(pdq);
  const transposed = transposeDescriptor(descriptor);
  return entries.flatMap((entry, position) => {
    if (position < from || position >= below) return [];
    const distances = Array.from({ length: 8 }, (_, index) => hammingDistance(entry.pdq, orientations, index * 32));
    const pdqDistance = Math.min(...distances);
    const cosine =
      Math.max(dot(descriptor, entry.descriptor), dot(transposed, entry.descriptor)) / DESCRIPTOR_NORM ** 2;
    const isAlike =
      leastCosine <= 1 &&
      cosine >= leastCosine + margin &&
      cosine - plainLowDistance(entry.pdq, orientations) / 24 >= leastLikeness + margin;
    return pdqDistance <= radius || isAlike ? [{ position, pdqDistance }] : [];
  });
}

/** Bits of the frequencies 1…8 each way that differ, in the best of eight orientations. */
function plainLowDistance(hash: Uint8Array, orientations: Uint8Array): number {
  const bit = (bytes: Uint8Array, start: number, at: number) => (bytes[start + 31 - (at >> 3)]! >> (at & 7)) & 1;
  const low = Array.from({ length: 64 }, (_, at) => 16 * (at >> 3) + (at & 7));
  const distances = Array.from(
    { length: 8 },
    (_, index) => low.filter((at) => bit(hash, 0, at) !== bit(orientations, 32 * index, at)).length,
  );
  return Math.min(...distances);
}

const dot = (a: Int8Array, b: Int8Array) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;

function randomEntry(random: () => number): Entry {
  const values = Array.from({ length: 64 }, () => random() - 128);
  const scale = DESCRIPTOR_NORM / Math.hypot(...values);
  return {
    pdq: Uint8Array.from({ length: 32 }, random),
    descriptor: Int8Array.from(values, (value) => Math.round(value * scale)),
  };
}

function nearby({ pdq, descriptor }: Entry, random: () => number, flips: number): Entry {
  const changed = Uint8Array.from(pdq);
  for (let i = 0; i < flips; i++) changed[random() & 31]! ^= 1 << (random() & 7);
  return { pdq: changed, descriptor };
}

/** 0…255, the same for a seed. */
function bytesFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  };
}
