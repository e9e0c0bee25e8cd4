import type { DuplicateGroup, GroupMember } from './duplicate-groups.js';
import { duplicateScoreOf, type Finding, type Match, type Picture } from './examine-folder.js';
import type { Summary } from './summary.js';

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
  if (finding.type === 'passed over') {
    const { name, what } = finding.passed;
    return JSON.stringify({ type: 'passed_over', file: name, what });
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

/** The pictures of a group, and the one worth keeping. */
export function groupLine({ keeper, reasons, others }: DuplicateGroup): string {
  const asJson = ({ picture, relation, score, transformation }: GroupMember) => ({
    file: picture.name,
    relation,
    score,
    transformation,
  });
  return JSON.stringify({ type: 'group', keep: keeper.picture.name, reasons, duplicates: others.map(asJson) });
}

/** The last line. */
export const summaryLine = ({ passedOver, ...summary }: Summary, analyserVersion: string) =>
  JSON.stringify({
    type: 'summary',
    analyser_version: analyserVersion,
    ...summary,
    files_passed_over: passedOver.files,
    links_passed_over: passedOver.links,
  });
