import assert from 'node:assert/strict';
import type { QcResult } from '../../models/qc-result.js';
import { flagsOf } from '../../src/features/qc/flags.js';

describe('the flags of a result', () => {
  const result = (matchRelation: QcResult['matchRelation'], duplicateScore: number) => ({
    findings: [],
    aiGeneratedScore: 0,
    matchRelation,
    duplicateScore,
  });
  const flags = (matchRelation: QcResult['matchRelation'], duplicateScore: number, threshold = 0.85) =>
    flagsOf(result(matchRelation, duplicateScore), { duplicate_threshold: threshold, ai_threshold: 0.8 });

  it('tell the same bytes, a copy by the threshold in force, and a near shot from each other', () => {
    assert.deepEqual(flags('exact', 1, 1), ['exact_duplicate']);
    assert.deepEqual(flags('copy', 0.85), ['near_duplicate']);
    assert.deepEqual(flags('copy', 0.84), []);
    assert.deepEqual(flags(null, 0), []);
  });

  it('never take a near shot for a duplicate, however low the threshold', () => {
    assert.deepEqual(flags('near_shot', 0.49, 0.1), ['near_shot']);
  });
});
