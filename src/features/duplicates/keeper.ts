/** A picture of a group, as far as the choice of the one to keep goes. */
export interface KeeperCandidate {
  key: string;
  isReference: boolean;
  decision: 'keep' | 'reject' | null;
  /** Share of the scene that it shows, in proportion to the others'; 1 where nothing is known. */
  shown: number;
  /** Whether something was put around it. */
  bordered: boolean;
  /** Null where only the hash is known. */
  pixels: number | null;
  bytes: number | null;
  metadataBytes: number | null;
  /** Milliseconds since 1970. */
  createdAt: number;
}

export type KeeperReason =
  'kept' | 'reference' | 'least_cropped' | 'most_pixels' | 'least_compressed' | 'most_metadata' | 'oldest';

/** Shares of a scene are measured on thumbnails: what differs by less counts as equal. */
const CROP_TOLERANCE = 0.03;

/** Higher is better; two figures that differ by no more than `tolerance` are equal. */
const criteria: { reason: KeeperReason; figure: (of: KeeperCandidate) => number; tolerance?: number }[] = [
  { reason: 'kept', figure: ({ decision }) => (decision === 'keep' ? 1 : decision === 'reject' ? -1 : 0) },
  { reason: 'reference', figure: ({ isReference }) => Number(isReference) },
  { reason: 'least_cropped', figure: ({ shown }) => shown, tolerance: CROP_TOLERANCE },
  { reason: 'least_cropped', figure: ({ bordered }) => -Number(bordered) },
  { reason: 'most_pixels', figure: ({ pixels }) => pixels ?? 0 },
  { reason: 'least_compressed', figure: ({ bytes, pixels }) => (bytes ?? 0) / Math.max(1, pixels ?? 0) },
  { reason: 'most_metadata', figure: ({ metadataBytes }) => metadataBytes ?? 0 },
  { reason: 'oldest', figure: ({ createdAt }) => -createdAt },
];

/**
 * Which of a group's pictures to keep: one that somebody decided to keep, a reference, the least cropped, the one of most
 * pixels, the least compressed, the one of most metadata, the oldest. Each criterion leaves the best and hands them on.
 * @returns the picture, and the criteria by which others fell behind it; the last of equals is decided by key.
 */
export function chooseKeeper<Candidate extends KeeperCandidate>(
  candidates: readonly [Candidate, ...Candidate[]],
): { keeper: Candidate; reasons: KeeperReason[] } {
  let best: readonly Candidate[] = candidates;
  const reasons = new Set<KeeperReason>();
  for (const { reason, figure, tolerance = 0 } of criteria) {
    if (best.length === 1) break;
    const highest = Math.max(...best.map(figure));
    const left = best.filter((candidate) => figure(candidate) >= highest - tolerance);
    if (left.length < best.length) reasons.add(reason);
    best = left;
  }
  const [keeper = candidates[0]] = [...best].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { keeper, reasons: [...reasons] };
}
