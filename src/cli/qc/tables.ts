import { flagsOf } from '../../features/qc/flags.js';
import { many } from '../command.js';
import { duration, shortened, shown, table } from '../terminal.js';
import type { DuplicateGroup } from './duplicate-groups.js';
import { duplicateScoreOf, type Picture } from './examine-folder.js';
import type { FileFault } from './find-pictures.js';
import { scoreText } from './score-text.js';
import type { Summary } from './summary.js';

/** Rows of each table. */
const MOST_ROWS = 40;
const NAME_LENGTH = 60;

interface Thresholds {
  duplicateThreshold: number;
  aiThreshold: number;
}

interface Found {
  summary: Summary;
  groups: readonly DuplicateGroup[];
  generated: readonly Picture[];
  faults: readonly FileFault[];
}

/** What was found, as tables and a sentence for a terminal. */
export function describe({ summary, groups, generated, faults }: Found, thresholds: Thresholds): string {
  const nameOf = (name: string) => shortened(shown(name), NAME_LENGTH);
  const copies = groups.flatMap(({ keeper, others }) => {
    return others.map(({ picture, score, relation, transformation }) => [
      nameOf(picture.name),
      scoreText(score ?? 0),
      nameOf(keeper.picture.name),
      relation === 'exact' ? 'the same bytes' : transformation.join(', '),
    ]);
  });
  const parts = [
    titled('Duplicates', ['duplicate', 'score', 'of', 'by'], copies),
    titled(
      'AI-generated',
      ['picture', 'score', 'flags'],
      generated.map((picture) => [
        nameOf(picture.name),
        scoreText(picture.aiScore),
        flags(picture, thresholds).join(' '),
      ]),
    ),
    titled(
      'Not looked at',
      ['file', 'why'],
      faults.map(({ name, message }) => [nameOf(name), shown(message)]),
    ),
  ];
  return [...parts.filter((part) => part !== ''), inAll(summary)].join('\n\n');
}

function inAll({ pictures, duplicates, groups, generated, faults, passedOver, seconds }: Summary): string {
  const { files, links } = passedOver;
  const copies = `${duplicates} in ${many(groups, 'group')} of duplicates`;
  const rest = [
    many(faults, 'file') + ' not looked at',
    ...(files > 0 ? [`${many(files, 'other file')} passed over`] : []),
    ...(links > 0 ? [`${many(links, 'link')} not followed`] : []),
  ];
  return `${many(pictures, 'picture')} in ${duration(seconds)}: ${copies}, ${generated} AI-generated, ${rest.join(', ')}.`;
}

function titled(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > MOST_ROWS ? `\n… and ${rows.length - MOST_ROWS} more (--json and --html tell them)` : '';
  return `${title}\n${table(header, rows.slice(0, MOST_ROWS))}${more}`;
}

export function flags(picture: Picture, { duplicateThreshold, aiThreshold }: Thresholds): string[] {
  const result = {
    findings: picture.findings,
    duplicateScore: duplicateScoreOf(picture),
    aiGeneratedScore: picture.aiScore,
    matchRelation: picture.match?.relation ?? null,
  };
  return flagsOf(result, { duplicate_threshold: duplicateThreshold, ai_threshold: aiThreshold });
}
