import assert from 'node:assert/strict';
import { type Decisions, DecisionOutbox } from '../../console/src/screens/results/decision-outbox.js';

describe("The console's outbox of decisions", () => {
  it('sends one call after the other, and what was decided meanwhile together', async () => {
    const calls: Decisions[] = [];
    const answers: (() => void)[] = [];
    const outbox = new DecisionOutbox((decisions) => {
      calls.push(decisions);
      return new Promise((resolve) => answers.push(resolve));
    });
    const first = outbox.put(new Map([['a', 'keep']]));
    await new Promise(setImmediate);
    const later = [
      outbox.put(new Map([['a', 'reject']])),
      outbox.put(new Map([['b', 'keep']])),
      outbox.put(new Map([['a', null]])),
    ];
    await new Promise(setImmediate);
    assert.deepEqual(calls, [new Map([['a', 'keep']])]);
    answers[0]?.();
    await first;
    await new Promise(setImmediate);
    assert.deepEqual(calls.slice(1), [
      new Map([
        ['a', null],
        ['b', 'keep'],
      ]),
    ]);
    answers[1]?.();
    await Promise.all(later);
    assert.equal(calls.length, 2);
  });

  it('goes on after a call that was refused, which those who made it are told', async () => {
    let refuses = true;
    const outbox = new DecisionOutbox(() => (refuses ? Promise.reject(new Error('no')) : Promise.resolve()));
    await assert.rejects(outbox.put(new Map([['a', 'keep']])), /no/);
    refuses = false;
    await outbox.put(new Map([['a', 'reject']]));
  });
});
