import type { EvidenceKind } from '../../workers/analysis.js';
import type { Evaluation } from './evaluate.js';
import { FLAGGED_AT, mean, shareOf } from './metrics.js';
import { renditions } from './renditions.js';

const KINDS: readonly EvidenceKind[] = ['record', 'declared', 'declared_in_part', 'mentioned', 'camera', 'manifest'];

/** The tables of a model card, as Markdown. */
export function describe(evaluation: Evaluation, { worst }: { worst: number }): string {
  const { detector, pictures, undecodable, overall, sources, macroAuc } = evaluation;
  const photos = pictures.filter(({ generated }) => !generated);
  const falseAlarms = photos.toSorted((a, b) => b.byPixels[0]! - a.byPixels[0]!).slice(0, worst);
  const sections = [
    `# ${detector}\n\n${pictures.length - photos.length} generated pictures, ${photos.length} photos` +
      `${undecodable.length > 0 ? `; ${undecodable.length} cannot be decoded` : ''}. Decode and score together take ` +
      `${mean(pictures.map(({ milliseconds }) => milliseconds)).toFixed(0)} ms a picture of ` +
      `${mean(pictures.map(({ megapixels }) => megapixels)).toFixed(2)} megapixels here (two or more at a time).`,
    table(
      [
        'rendition',
        'AUC',
        'macro AUC',
        'AP',
        'found at 1 % FP',
        'found at 5 % FP',
        'generated ≥ 0.80',
        'photos ≥ 0.80',
      ],
      overall.map(({ name, metrics }, index) => [
        name,
        decimal(metrics.auc),
        decimal(macroAuc[index] ?? NaN),
        decimal(metrics.averagePrecision),
        percent(metrics.foundAt1),
        percent(metrics.foundAt5),
        percent(metrics.generatedFlagged),
        percent(metrics.photosFlagged),
      ]),
    ),
    `Share at or above ${FLAGGED_AT.toFixed(2)}, by source:`,
    table(
      ['source', 'class', 'pictures', 'AUC against all photos', ...renditions.map(({ name }) => name)],
      sources.map(({ source, generated, pictures: count, auc, flagged }) => [
        source,
        generated ? 'generated' : 'photos',
        String(count),
        decimal(auc),
        ...flagged.map(percent),
      ]),
    ),
    'Share of files with facts, by kind:',
    table(
      ['class', ...KINDS],
      [true, false].map((generated) => {
        const files = pictures.filter((picture) => picture.generated === generated);
        const share = (kind: EvidenceKind) => percent(shareOf(files, ({ kinds }) => kinds.includes(kind)));
        return [generated ? 'generated' : 'photos', ...KINDS.map(share)];
      }),
    ),
    ...(falseAlarms.length > 0
      ? [
          `The photos that look most generated:`,
          table(
            ['score', 'source', 'photo'],
            falseAlarms.map(({ byPixels, source, path }) => [decimal(byPixels[0]!, 3), source, path]),
          ),
        ]
      : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const decimal = (value: number, digits = 2) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
const percent = (share: number) => (Number.isNaN(share) ? '–' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`);
