import assert from 'node:assert/strict';
import { aiGeneratedScore } from '../../src/features/qc/ai-generated-score.js';
import { atPrior, PRIOR } from '../../workers/detector/prior.js';

const UI_THRESHOLD = 0.8;
const FOR_GENERATION = ['mentioned', 'declared_in_part', 'declared', 'record'];
const KINDS = [...FOR_GENERATION, 'camera', 'manifest', 'of another version', undefined];

/** Dense where calibrated scores are, and the ends themselves. */
const probabilities = [0, 1e-12, 1e-6, 1e-3, ...Array.from({ length: 199 }, (_, i) => (i + 1) / 200), 1 - 1e-9, 1];
/** Each set of kinds there can be. */
const subsets = Array.from({ length: 2 ** KINDS.length }, (_, bits) =>
  KINDS.filter((_kind, index) => (bits >> index) & 1),
);

const scoreOf = (detectorScore: number | null, kinds: readonly (string | undefined)[]) =>
  aiGeneratedScore({ detectorScore, provenance: kinds.map((kind) => (kind === undefined ? {} : { kind })) });

describe('the AI score that joins pixels and provenance', () => {
  it('is a probability, whatever there is', () => {
    for (const kinds of subsets) {
      for (const probability of [null, ...probabilities]) {
        const score = scoreOf(probability, kinds);
        assert.ok(score >= 0 && score <= 1, `${probability} with ${kinds.join()}: ${score}`);
      }
    }
  });

  it('never falls when the pixels look more generated', () => {
    for (const kinds of subsets) {
      const scores = probabilities.map((probability) => scoreOf(probability, kinds));
      scores.reduce((before, score) => (assert.ok(score >= before), score));
      const strictly = probabilities.filter((p) => p >= 1e-6 && p < 0.999).map((p) => scoreOf(p, kinds));
      assert.equal(new Set(strictly).size, strictly.length, 'it keeps the detector’s order');
    }
  });

  it('never falls by a fact for generation and never rises by a camera’s trace', () => {
    for (const kinds of subsets) {
      for (const probability of [null, ...probabilities]) {
        const before = scoreOf(probability, kinds);
        for (const kind of FOR_GENERATION) assert.ok(scoreOf(probability, [...kinds, kind]) >= before);
        assert.ok(scoreOf(probability, [...kinds, 'camera']) <= before);
        assert.equal(scoreOf(probability, [...kinds, 'manifest']), before);
      }
    }
  });

  it('counts a kind of fact once, however many facts there are of it', () => {
    for (const kind of KINDS) assert.equal(scoreOf(0.3, [kind, kind, kind]), scoreOf(0.3, [kind]));
  });

  it('is the detector’s own probability where nothing else is known', () => {
    for (const probability of probabilities.filter((p) => p >= PRIOR)) {
      assert.ok(Math.abs(scoreOf(probability, []) - probability) < 1e-12);
    }
  });

  it('clears no picture by a camera’s traces alone', () => {
    for (const kinds of subsets.filter((set) => !set.includes('camera'))) {
      for (const probability of probabilities) {
        if (scoreOf(probability, kinds) < UI_THRESHOLD) continue;
        assert.ok(scoreOf(probability, [...kinds, 'camera']) >= UI_THRESHOLD, `${probability} with ${kinds.join()}`);
        assert.ok(scoreOf(probability, [...kinds, 'camera', 'camera']) >= UI_THRESHOLD);
      }
    }
    for (const probability of probabilities.filter((p) => p > UI_THRESHOLD)) {
      assert.equal(scoreOf(probability, ['camera']), scoreOf(probability, []));
    }
  });

  it('flags a generator’s own record, whatever the pixels look like and with every trace of a camera', () => {
    for (const probability of [null, ...probabilities]) {
      assert.ok(scoreOf(probability, ['record']) >= UI_THRESHOLD);
      assert.ok(scoreOf(probability, ['record', 'camera']) >= UI_THRESHOLD);
    }
    assert.ok(scoreOf(PRIOR, ['record']) >= 0.99 && scoreOf(PRIOR, ['declared']) >= 0.99);
  });

  it('orders facts by how hard they are to come by', () => {
    const scores = FOR_GENERATION.map((kind) => scoreOf(PRIOR, [kind]));
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => a - b),
    );
  });

  it('is 0 for a picture that cannot be decoded unless a fact speaks for generation', () => {
    assert.equal(scoreOf(null, []), 0);
    assert.equal(scoreOf(null, ['camera', 'manifest']), 0);
    assert.ok(scoreOf(null, ['declared']) >= 0.99);
  });
});

describe('stating a probability for the platform’s prior', () => {
  it('changes nothing at that prior, keeps order, and takes what says nothing to it', () => {
    for (const prior of [0.01, PRIOR, 0.5, 0.9]) {
      const stated = probabilities.map((probability) => atPrior(probability, prior));
      stated.reduce((before, value) => (assert.ok(value >= before), value));
      assert.deepEqual([stated[0], stated.at(-1)], [0, 1]);
      assert.ok(Math.abs(atPrior(prior, prior) - PRIOR) < 1e-12);
    }
    assert.ok(Math.abs(atPrior(0.37, PRIOR) - 0.37) < 1e-12);
  });
});
