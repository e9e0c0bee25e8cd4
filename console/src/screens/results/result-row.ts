import type { QcResult } from '../../api.js';
import type { Order, ResultOrders } from './result-orders.js';

export type Relation = NonNullable<QcResult['match']>['relation'];
export type Decision = NonNullable<QcResult['decision']>;

/** What the gallery keeps of a result: of a hundred thousand, as little as will do. */
export interface ResultRow {
  id: string;
  filename: string;
  preview: string | null;
  duplicate: number;
  generated: number;
  relation: Relation | null;
  /** What the analysis itself found, beside the scores. */
  findings: readonly string[];
  decision: Decision | null;
}

/** Flags that say no more than the scores and thresholds do, or than a flag that names the place (`ai_metadata:exif`). */
const saidElsewhere = new Set(['exact_duplicate', 'near_duplicate', 'near_shot', 'ai_generated', 'ai_metadata']);
const none: readonly string[] = [];

export function toRow(result: QcResult): ResultRow {
  const findings = result.flags.filter((flag) => !saidElsewhere.has(flag));
  return {
    id: result.image_id,
    filename: result.filename,
    preview: result.preview_url,
    duplicate: result.duplicate_score,
    generated: result.ai_generated_score,
    relation: result.match?.relation ?? null,
    findings: findings.length > 0 ? findings : none,
    decision: result.decision,
  };
}

export interface Thresholds {
  duplicate: number;
  generated: number;
}

/** Another shot of the scene is no duplicate, whatever its score. */
export const isDuplicate = (row: ResultRow, thresholds: Thresholds) =>
  row.relation !== 'near_shot' && row.duplicate >= thresholds.duplicate;

export const isGenerated = (row: ResultRow, thresholds: Thresholds) => row.generated >= thresholds.generated;

export type Verdict = 'all' | 'duplicate' | 'generated' | 'clean' | 'rejected';

export interface View {
  thresholds: Thresholds;
  verdict: Verdict;
  order: Order;
  /** Of decisions made here, by id; null: taken back. */
  decisions: ReadonlyMap<string, Decision | null>;
}

export const decisionOf = (row: ResultRow, decisions: View['decisions']): Decision | null => {
  const made = decisions.get(row.id);
  return made === undefined ? row.decision : made;
};

export type VerdictCounts = Record<Verdict, number>;

export function countVerdicts(
  rows: readonly ResultRow[],
  { thresholds, decisions }: Pick<View, 'thresholds' | 'decisions'>,
) {
  const counts: VerdictCounts = { all: rows.length, duplicate: 0, generated: 0, clean: 0, rejected: 0 };
  for (const row of rows) {
    const duplicate = isDuplicate(row, thresholds);
    const generated = isGenerated(row, thresholds);
    if (duplicate) counts.duplicate += 1;
    if (generated) counts.generated += 1;
    if (!duplicate && !generated) counts.clean += 1;
    if (decisionOf(row, decisions) === 'reject') counts.rejected += 1;
  }
  return counts;
}

/** Those of the verdict, in the order asked for; what is flagged by the thresholds stands first where suspicion counts. */
export function viewRows(orders: ResultOrders, { thresholds, verdict, order, decisions }: View): readonly ResultRow[] {
  const wanted: Record<Exclude<Verdict, 'all'>, (row: ResultRow) => boolean> = {
    duplicate: (row) => isDuplicate(row, thresholds),
    generated: (row) => isGenerated(row, thresholds),
    clean: (row) => !isDuplicate(row, thresholds) && !isGenerated(row, thresholds),
    rejected: (row) => decisionOf(row, decisions) === 'reject',
  };
  const sorted = orders.by(order);
  const shown = verdict === 'all' ? sorted : sorted.filter(wanted[verdict]);
  if (order !== 'suspicion') return shown;
  const byFlags: [none: ResultRow[], one: ResultRow[], both: ResultRow[]] = [[], [], []];
  for (const row of shown) {
    byFlags[
      isDuplicate(row, thresholds) ? (isGenerated(row, thresholds) ? 2 : 1) : isGenerated(row, thresholds) ? 1 : 0
    ].push(row);
  }
  return [...byFlags[2], ...byFlags[1], ...byFlags[0]];
}

export const BINS = 40;

/** How many rows have a score in each of `BINS` equal parts of 0…1. */
export function histogram(rows: readonly ResultRow[], scoreOf: (row: ResultRow) => number): number[] {
  const bins = Array.from({ length: BINS }, () => 0);
  for (const row of rows) {
    const bin = Math.min(BINS - 1, Math.floor(scoreOf(row) * BINS));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}
