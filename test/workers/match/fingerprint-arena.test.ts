import assert from 'node:assert/strict';
import { fingerprint } from '../../../workers/fingerprint.js';
import { comparePair } from '../../../workers/match/compare-pair.js';
import { ENTRY_BYTES, FingerprintArena, openFingerprint } from '../../../workers/match/fingerprint-arena.js';
import { compareStored } from '../../../workers/match/match-task.js';
import { lay, scene } from '../scenes.js';

describe('arena of fingerprints', () => {
  const whole = { ...fingerprint(scene(1, 300, 340)), quality: 0 };
  const bare = { pdq: fingerprint(scene(2)).pdq };

  it('gives back what was put in, with all its parts or without them', () => {
    const arena = new FingerprintArena(4);
    const places = [whole, bare, { ...whole, evidence: new Uint8Array(0) }].map((print) => arena.add(print));
    const [first, second, third] = places.map((at) => openFingerprint(arena.memory, at));
    const { pdq, quality, descriptor, dihedral, evidence } = whole;
    assert.deepEqual(first, { pdq, quality, descriptor, dihedral, evidence });
    assert.deepEqual(second, { ...bare, quality: null, descriptor: null, dihedral: null, evidence: null });
    assert.equal(third?.evidence?.length, 0, 'no features is not the same as not known');
  });

  it('has room for as many as it is made for, is used again, and keeps nothing of what it cannot know', () => {
    const arena = new FingerprintArena(2);
    const [longest, longer] = [ENTRY_BYTES - 360, ENTRY_BYTES].map((length) => new Uint8Array(length).fill(7));
    for (let round = 0; round < 2; round++) {
      arena.clear();
      const places = [longest, longest].map((evidence) => arena.add({ ...bare, evidence }));
      assert.equal(openFingerprint(arena.memory, places[1]!).evidence?.length, longest!.length);
      assert.throws(() => arena.add(bare), /no room/);
    }
    arena.clear();
    assert.equal(openFingerprint(arena.memory, arena.add({ ...bare, evidence: longer })).evidence?.length, 0);
    assert.throws(() => arena.add({ pdq: new Uint8Array(31) }), /32 bytes, not 31/);
    assert.throws(() => arena.add({ ...bare, descriptor: new Int8Array(3) }), /64 bytes, not 3/);
  });

  it('has pairs compared as they would be outside of it, in both directions where that is asked for', () => {
    const [queries, candidates] = [new FingerprintArena(2), new FingerprintArena(3)];
    const copy = fingerprint(lay(scene(1, 300, 340), 'flip'));
    const stranger = fingerprint(scene(9));
    const query = queries.add(whole);
    const [at, other] = [candidates.add(copy), candidates.add(stranger)];
    const found = compareStored({
      queries: queries.memory,
      candidates: candidates.memory,
      pairs: [
        [query, other, true],
        [query, at, true],
        [query, at, false],
      ],
    });
    const match = comparePair(whole, copy);
    assert.ok(match);
    assert.deepEqual(found, [
      { pair: 1, match, back: comparePair(copy, whole) },
      { pair: 2, match, back: null },
    ]);
  });
});
