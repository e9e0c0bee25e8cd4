import type { QcResult } from '../../../models/qc-result.js';
import type { Settings } from '../settings/settings.js';

/**
 * What was found in a picture, in words: the findings of the analysis, and what the scores mean by the thresholds in
 * force now. A near shot is no duplicate, whatever the threshold.
 */
export function flagsOf(
  result: Pick<QcResult, 'findings' | 'duplicateScore' | 'aiGeneratedScore' | 'matchRelation'>,
  thresholds: Settings,
): string[] {
  const flags = [...result.findings];
  if (result.matchRelation === 'exact') flags.push('exact_duplicate');
  else if (result.matchRelation === 'near_shot') flags.push('near_shot');
  else if (result.duplicateScore >= thresholds.duplicate_threshold) flags.push('near_duplicate');
  if (result.aiGeneratedScore >= thresholds.ai_threshold) flags.push('ai_generated');
  return flags;
}
