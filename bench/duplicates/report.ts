import type { Picture } from './copy-set.js';
import type { PairTruth } from './pair-truth.js';
import { macro, recallByKind, STRICTEST_RATE, thresholdAt, type Evaluation, type RatedPair } from './evaluation.js';

/** Misses and false pairs beyond these are counted only. */
const MISSES_A_KIND = 20;
const FALSE_PAIRS = 200;

interface NamedPair {
  one: string;
  other: string;
  strength: number;
}

/** For programs that tune an engine: what a person would otherwise have to look up by hand. */
export interface Report {
  tool: string;
  wrongPairs: number;
  /** Strengths above these count as found. */
  thresholds: { strictestRate: number; noFalsePair: number; own: number };
  macroRecall: { strictestRate: number; noFalsePair: number; own: number };
  falsePairsByOwnThreshold: number;
  kinds: { kind: string; strictestRate: number; noFalsePair: number; own: number; misses: NamedPair[] }[];
  falsePairs: NamedPair[];
  hardSets: Evaluation['hardSets'];
}

export function reportOf(evaluation: Evaluation, pictures: readonly Picture[]): Report {
  const named = ({ one, other, strength }: RatedPair): NamedPair => ({
    one: pictures[one]!.file,
    other: pictures[other]!.file,
    strength: Number(strength.toFixed(4)),
  });
  const recalls = recallsOf(evaluation, pictures);
  const own = ({ strength }: RatedPair) => strength >= evaluation.ownThreshold;
  return {
    tool: evaluation.tool,
    wrongPairs: evaluation.wrongPairs,
    thresholds: {
      strictestRate: thresholdAt(evaluation, STRICTEST_RATE),
      noFalsePair: thresholdAt(evaluation, 0),
      own: evaluation.ownThreshold,
    },
    macroRecall: {
      strictestRate: macro(recalls.strictestRate),
      noFalsePair: macro(recalls.noFalsePair),
      own: macro(recalls.own),
    },
    falsePairsByOwnThreshold: evaluation.wrong.filter(own).length,
    kinds: [...recalls.own.keys()].map((kind) => ({
      kind,
      strictestRate: recalls.strictestRate.get(kind)!,
      noFalsePair: recalls.noFalsePair.get(kind)!,
      own: recalls.own.get(kind)!,
      misses: evaluation.right
        .filter((pair) => pictures[pair.other]!.kind === kind && !own(pair))
        .slice(0, MISSES_A_KIND)
        .map(named),
    })),
    falsePairs: evaluation.wrong.slice(0, FALSE_PAIRS).map(named),
    hardSets: evaluation.hardSets,
  };
}

export interface Recalls {
  strictestRate: Map<string, number>;
  noFalsePair: Map<string, number>;
  own: Map<string, number>;
}

export function recallsOf(evaluation: Evaluation, pictures: readonly Picture[]): Recalls {
  const kindOf = (picture: number) => pictures[picture]!.kind;
  const by = (found: (strength: number) => boolean) => recallByKind(evaluation.right, kindOf, found);
  const strictest = thresholdAt(evaluation, STRICTEST_RATE);
  const none = thresholdAt(evaluation, 0);
  return {
    strictestRate: by((strength) => strength > strictest),
    noFalsePair: by((strength) => strength > none),
    own: by((strength) => strength >= evaluation.ownThreshold),
  };
}

/** As if copies were looked for among originals and other photos alone. */
function againstUnaltered(evaluation: Evaluation, truth: PairTruth): Evaluation {
  const wrong = evaluation.wrong.filter(({ one, other }) => truth.hasUnaltered(one, other));
  return { ...evaluation, wrongPairs: truth.unalteredPairs, wrong };
}

type Table = Record<string, Record<string, string>>;

/** Recall of each kind at the strictest rate of false pairs, a column a tool, and the macro averages below. */
export function recallTable(evaluations: readonly Evaluation[], truth: PairTruth): Table {
  const { pictures } = truth;
  const table: Table = {};
  const put = (row: string, tool: string, value: string) => ((table[row] ??= {})[tool] = value);
  for (const evaluation of evaluations) {
    const recalls = recallsOf(evaluation, pictures);
    const { tool } = evaluation;
    for (const [kind, recall] of recalls.strictestRate) put(kind, tool, recall.toFixed(2));
    put('**macro, ≤ 1e-6 false a pair**', tool, macro(recalls.strictestRate).toFixed(3));
    put('**macro, no false pair**', tool, macro(recalls.noFalsePair).toFixed(3));
    const unaltered = recallsOf(againstUnaltered(evaluation, truth), pictures);
    put('macro, ≤ 1e-6 false, one side unaltered', tool, macro(unaltered.strictestRate).toFixed(3));
    put('macro, no false pair, one side unaltered', tool, macro(unaltered.noFalsePair).toFixed(3));
    put('**macro, own threshold**', tool, macro(recalls.own).toFixed(3));
    const reported = evaluation.wrong.filter(({ strength }) => strength >= evaluation.ownThreshold).length;
    put(
      'false pairs by own threshold',
      tool,
      reported < evaluation.wrong.length || reported === 0 ? String(reported) : `≥ ${reported}`,
    );
  }
  return table;
}

/** Pairs called copies within each hard set by the tools' own thresholds. */
export function hardSetTable(evaluations: readonly Evaluation[]): Table {
  const table: Table = {};
  for (const { tool, hardSets } of evaluations) {
    for (const { name, pairs, reported, nextFrames, nearShots } of hardSets) {
      const notes = [
        nextFrames > 0 ? `${nextFrames} next frames` : '',
        nearShots > 0 ? `${nearShots} as near-shots` : '',
      ].filter((note) => note !== '');
      const row = (table[name] ??= { pairs: String(pairs) });
      row[tool] = String(reported) + (notes.length > 0 ? ` (${notes.join(', ')})` : '');
    }
  }
  return table;
}
