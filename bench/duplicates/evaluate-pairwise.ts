import pMap from 'p-map';
import type { Evaluation, HardSetReport } from './evaluation.js';
import { WrongPairs } from './evaluation.js';
import type { PairTruth } from './pair-truth.js';
import { BEYOND, type Comparer, type PairwiseTool } from './tools/tool.js';

const AT_ONCE = 2;

/** Compares every picture of the set with every other. */
export async function evaluatePairwise(tool: PairwiseTool, truth: PairTruth): Promise<Evaluation> {
  const distance = await distances(tool, truth);
  const wrong = new WrongPairs();
  let bound = BEYOND;
  for (let one = 0; one < truth.pictures.length; one++) {
    for (let other = 0; other < one; other++) {
      const apart = distance(one, other, bound);
      if (apart > bound || apart === BEYOND || !truth.isWrong(one, other)) continue;
      wrong.add({ one, other, strength: -apart });
      bound = Math.min(BEYOND, -wrong.least);
    }
  }
  return {
    tool: tool.name,
    wrongPairs: truth.wrongPairs,
    wrong: wrong.sorted(),
    right: truth.copies().map(({ original, copy }) => ({
      one: original,
      other: copy,
      strength: -distance(original, copy, BEYOND),
    })),
    ownThreshold: -tool.ownThreshold,
    hardSets: hardSetReports(truth, (one, other) => {
      return distance(one, other, tool.ownThreshold) <= tool.ownThreshold ? 'copy' : 'unrelated';
    }),
  };
}

/** A picture that the tool cannot open is like no other. */
async function distances(tool: PairwiseTool, truth: PairTruth): Promise<Comparer> {
  const rows = new Uint8Array(truth.pictures.length * tool.bytes);
  const opened = new Uint8Array(truth.pictures.length);
  await pMap(
    truth.pictures,
    async ({ file }, index) => {
      const row = await tool.describe(file);
      if (row === null) return;
      rows.set(row, index * tool.bytes);
      opened[index] = 1;
    },
    { concurrency: AT_ONCE },
  );
  const compare = tool.comparer(rows, tool.bytes);
  if (opened.every((flag) => flag === 1)) return compare;
  return (one, other, bound) => (opened[one] === 1 && opened[other] === 1 ? compare(one, other, bound) : BEYOND);
}

export function hardSetReports(
  truth: PairTruth,
  verdict: (one: number, other: number) => 'copy' | 'near_shot' | 'unrelated',
): HardSetReport[] {
  return truth.hardSets().map(({ name, members }) => {
    const report: HardSetReport = { name, pairs: 0, reported: 0, nextFrames: 0, nearShots: 0 };
    members.forEach((one, index) => {
      for (const other of members.slice(0, index)) {
        report.pairs++;
        const answer = verdict(one, other);
        if (answer === 'near_shot') report.nearShots++;
        if (answer !== 'copy') continue;
        if (truth.related(one, other)) report.nextFrames++;
        else report.reported++;
      }
    });
    return report;
  });
}
