import assert from 'node:assert/strict';
import { ResultOrders } from '../../console/src/screens/results/result-orders.js';
import { type ResultRow, viewRows } from '../../console/src/screens/results/result-row.js';

const row = (id: string, duplicate: number, generated: number, more: Partial<ResultRow> = {}): ResultRow => ({
  id,
  filename: `${id}.jpg`,
  preview: null,
  duplicate,
  generated,
  relation: null,
  findings: [],
  decision: null,
  ...more,
});

const view = { thresholds: { duplicate: 0.85, generated: 0.8 }, verdict: 'all', decisions: new Map() } as const;
const idsOf = (rows: readonly ResultRow[]) => rows.map(({ id }) => id).join('');

describe('The order of results', () => {
  const rows = [
    row('a', 0, 0.7),
    row('b', 0.9, 0.1),
    row('c', 0.86, 0.81),
    row('d', 1, 0, { relation: 'near_shot' }),
    row('e', 0, 0.8),
    row('f', 0, 0.7),
  ];
  const orders = new ResultOrders(rows);

  it('puts first what is flagged for both reasons, then for one, then the rest, by the higher score', () => {
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'suspicion' })), 'cbedaf');
  });

  it('follows thresholds', () => {
    const thresholds = { duplicate: 0.95, generated: 0.05 };
    assert.equal(idsOf(viewRows(orders, { ...view, thresholds, order: 'suspicion' })), 'bceafd');
  });

  it('is by one score, the name or the time, older pictures first where they are equal', () => {
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'generated' })), 'ceafbd');
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'duplicate' })), 'dbcaef');
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'filename' })), 'abcdef');
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'upload' })), 'abcdef');
  });

  it('holds among those of one verdict, by decisions made meanwhile', () => {
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'suspicion', verdict: 'clean' })), 'daf');
    const decisions = new Map([['f', 'reject'] as const]);
    assert.equal(idsOf(viewRows(orders, { ...view, order: 'suspicion', verdict: 'rejected', decisions })), 'f');
  });

  it('is the same as that of sorting, score by score, of many rows', () => {
    const many = Array.from({ length: 5_000 }, (_, place) =>
      row(String(place), Math.fround(((place * 7919) % 5003) / 5003), Math.fround(((place * 104729) % 499) / 499)),
    );
    const sorted = many.toSorted((a, b) => b.generated - a.generated);
    assert.deepEqual(new ResultOrders(many).by('generated'), sorted);
  });
});
