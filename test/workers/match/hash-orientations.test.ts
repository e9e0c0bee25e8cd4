import assert from 'node:assert/strict';
import {
  dihedralOfHash,
  hammingDistance,
  nearestOrientation,
  sortHash,
} from '../../../workers/match/hash-orientations.js';
import { ORIENTATIONS } from '../../../workers/match/pair-match.js';
import { seededRandom } from '../../../bench/duplicates/random.js';

describe('orientations of a hash', () => {
  const random = seededRandom('orientations of a hash');
  const randomHash = () => Uint8Array.from({ length: 32 }, () => random.integer(0, 255));

  it('gives the distance and the orientation that a comparison with all eight gives', () => {
    for (let round = 0; round < 50; round++) {
      const first = randomHash();
      const turned = dihedralOfHash(first);
      const place = round % ORIENTATIONS.length;
      const second = round < 8 ? turned.slice(32 * place, 32 * place + 32) : randomHash();
      const distances = ORIENTATIONS.map((_, index) => hammingDistance(second, turned, 32 * index));
      const distance = Math.min(...distances);
      const orientation = ORIENTATIONS[distances.indexOf(distance)];
      assert.deepEqual(nearestOrientation(first, second), { distance, orientation });
      if (round < 8) assert.deepEqual([distance, orientation], [0, ORIENTATIONS[place]]);
    }
  });

  it('puts the lowest frequencies of each kind first when it sorts bits, and keeps distances', () => {
    const low = new Uint8Array(32);
    for (let row = 0; row < 8; row++) low[31 - 2 * row] = 255;
    const places = [...sortHash(low)].flatMap((byte, at) => (byte === 0 ? [] : [at]));
    assert.deepEqual(places, [0, 1, 8, 9, 16, 17, 24, 25]);
    const [a, b] = [randomHash(), randomHash()];
    assert.equal(hammingDistance(sortHash(a), sortHash(b)), hammingDistance(a, b));
  });
});
