import assert from 'node:assert/strict';
import { cohenKappa, fleissKappa, type StageCell, type StagePair } from '../../src/features/metrics/agreement.js';
import { stages } from '../../src/features/classifications/stage.js';

/** What the database counts, of images given as how many raters chose each stage. */
function cellsOf(images: readonly number[][]): StageCell[] {
  return images.flatMap((counts) => {
    const raters = counts.reduce((sum, count) => sum + count, 0);
    return stages.map((stage, index) => ({ raters, stage, count: counts[index] ?? 0, images: 1 }));
  });
}

const pairsOf = (table: readonly number[][]): StagePair[] =>
  table.flatMap((row, first) =>
    row.map((images, second) => ({ first: stages[first]!, second: stages[second]!, images })),
  );

const close = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 0.0005, `${actual} is not ${expected}`);

describe('agreement of two clinicians', () => {
  it("is Cohen's kappa", () => {
    // 45 agree on the first stage and 15 on the second, 25 and 15 do not: a textbook's table.
    close(
      cohenKappa(
        pairsOf([
          [45, 15],
          [25, 15],
        ]),
      ).overall,
      0.1304,
    );
    const { overall, perStage } = cohenKappa(
      pairsOf([
        [20, 5],
        [10, 15],
      ]),
    );
    close(overall, 0.4);
    close(perStage.stage1, 0.4);
    close(perStage.stage2, 0.4);
    assert.equal(perStage.stage3, null, 'a stage nobody chose');
  });

  it('of a stage is that of the stage against all others', () => {
    const table = [
      [10, 2, 1],
      [3, 8, 4],
      [0, 5, 7],
    ];
    const { perStage } = cohenKappa(pairsOf(table));
    const pooled = cohenKappa(
      pairsOf([
        [8, 3 + 4],
        [2 + 5, 10 + 1 + 0 + 7],
      ]),
    );
    close(perStage.stage2, pooled.overall!);
  });

  it('is 1 where they always agree, negative where they never do, and not defined where chance leaves no room', () => {
    const both = [
      [5, 0],
      [0, 5],
    ];
    close(cohenKappa(pairsOf(both)).overall, 1);
    close(cohenKappa(pairsOf(both.map((row) => [...row].reverse()))).overall, -1);
    assert.equal(cohenKappa(pairsOf([[7]])).overall, null);
    assert.equal(cohenKappa([]).overall, null);
  });
});

describe('agreement of many clinicians', () => {
  /** Fourteen raters, ten subjects, five categories: the worked example that goes round in textbooks. */
  const worked = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
  ];

  it("is Fleiss' kappa", () => {
    const { overall, perStage } = fleissKappa(cellsOf(worked));
    close(overall, 0.2099);
    // By Fleiss' own formula for a category: 1 − Σ n_ij (n − n_ij) / (N n (n − 1) p q).
    for (const [index, stage] of stages.slice(0, 5).entries()) {
      const chosen = worked.map((counts) => counts[index]!);
      const share = chosen.reduce((sum, count) => sum + count, 0) / (10 * 14);
      const disagreed = chosen.reduce((sum, count) => sum + count * (14 - count), 0);
      close(perStage[stage], 1 - disagreed / (10 * 14 * 13 * share * (1 - share)));
    }
    assert.equal(perStage.dtpi, null, 'a stage nobody chose');
  });

  it('weighs images the same, however many raters they have', () => {
    const of = (images: number[][]) => fleissKappa(cellsOf(images)).overall!;
    // Two of three and two of two agree: disagreement (2/3 + 0) / 2, shares (1/3 + 1) / 2 and (2/3 + 0) / 2.
    const observed = (2 / 3 + 0) / 2;
    const chance = (2 / 3) * (1 / 3) * 2;
    close(of([[1, 2], [2]]), 1 - observed / chance);
    close(of([[1, 2], [4]]), 1 - observed / chance);
  });

  it('is not about images with a single rater', () => {
    const alone = Array.from({ length: 50 }, () => [0, 0, 0, 1]);
    close(fleissKappa(cellsOf([...worked, ...alone])).overall, 0.2099);
    assert.equal(fleissKappa(cellsOf(alone)).overall, null);
    assert.equal(fleissKappa([]).overall, null);
  });

  it('is 1 where all agree, and not defined where all always choose the one stage', () => {
    close(fleissKappa(cellsOf([[3], [0, 2]])).overall, 1);
    assert.equal(fleissKappa(cellsOf([[3], [2]])).overall, null);
  });
});
