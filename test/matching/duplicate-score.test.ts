import assert from 'node:assert/strict';
import { duplicateScore } from '../../src/features/qc/match/duplicate-score.js';

describe('duplicate score', () => {
  const scores = Array.from({ length: 257 }, (_, distance) => duplicateScore(distance));

  it('falls with every bit and stays within 0…1', () => {
    for (let distance = 1; distance <= 256; distance++) assert.ok(scores[distance]! < scores[distance - 1]!);
    assert.ok(scores[0]! < 1 && scores[256]! > 0);
  });

  it('is all but certain for equal hashes', () => {
    assert.ok(scores[0]! >= 0.98);
  });

  it('is 0.85 exactly at the distance that means duplicate', () => {
    assert.ok(Math.abs(scores[40]! - 0.85) < 1e-12);
  });

  it('is below 0.5 for the nearest of unrelated pictures', () => {
    assert.ok(scores[52]! < 0.5);
  });
});
