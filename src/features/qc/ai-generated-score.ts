/** What a picture gets at least when its own metadata name the generator that made it. */
const PROVENANCE_SCORE = 0.99;

/**
 * The one figure for "AI-generated", 0…1, from the detector's probability and the metadata: a marker that names a
 * generator is strong evidence, its absence is none, since most channels strip metadata. Monotone in both; 0 for a
 * picture that cannot be decoded and bears no marker.
 */
export function aiGeneratedScore(found: { detectorScore: number | null; findings: readonly string[] }): number {
  const byPixels = found.detectorScore ?? 0;
  return found.findings.includes('ai_metadata') ? Math.max(byPixels, PROVENANCE_SCORE) : byPixels;
}
