import { duplicateScoreOf, type Finding, type Match, type Picture } from './examine-folder.js';

/** One finding as a line of JSON, in the words of the service's API. */
export function jsonLine(
  finding: Finding,
  pictures: readonly Picture[],
  { aiThreshold }: { aiThreshold: number },
): string {
  if (finding.type === 'fault') {
    const { name, code, message } = finding.fault;
    return JSON.stringify({ type: 'error', file: name, code, message });
  }
  if (finding.type === 'match') {
    const picture = pictures[finding.number];
    return JSON.stringify({
      type: 'match',
      file: picture?.name ?? '',
      duplicate_score: duplicateScoreOf(finding),
      match: matchOf(finding.match, pictures),
    });
  }
  const { picture, facts } = finding;
  return JSON.stringify({
    type: 'picture',
    file: picture.name,
    sha256: picture.sha256.toString('hex'),
    content_type: picture.contentType,
    size_bytes: picture.bytes,
    width: picture.width,
    height: picture.height,
    ai_generated_score: picture.aiScore,
    ai_generated: picture.aiScore >= aiThreshold,
    findings: picture.findings,
    evidence: { detector_score: picture.detectorScore, facts },
  });
}

const matchOf = ({ other, relation, score, transformation }: Match, pictures: readonly Picture[]) => ({
  file: pictures[other]?.name ?? '',
  relation,
  score,
  transformation,
});
