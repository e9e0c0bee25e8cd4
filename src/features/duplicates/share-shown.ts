/** What a comparison said of a picture and the one that it is tied to. */
export interface Comparison {
  /** What was done to the other to make the picture. */
  transformation: readonly string[];
  evidence: { queryCoverage?: unknown; candidateCoverage?: unknown };
}

/** How much of the scene a picture shows in proportion to the other; what was put around it shows nothing. */
export function shareShown(comparison: Comparison | null): number {
  const { queryCoverage, candidateCoverage } = comparison?.evidence ?? {};
  if (!comparison || typeof queryCoverage !== 'number' || typeof candidateCoverage !== 'number') return 1;
  const ofPicture = comparison.transformation.includes('border') ? 1 : queryCoverage;
  const ofOther = comparison.transformation.includes('border removed') ? 1 : candidateCoverage;
  return ofPicture > 0 ? ofOther / ofPicture : 1;
}
