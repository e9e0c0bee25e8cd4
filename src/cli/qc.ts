import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAnalyserVersion } from '../../workers/analyser-version.js';
import { flagsOf } from '../features/qc/flags.js';
import { DEFAULT_THRESHOLDS } from '../features/settings/thresholds.js';
import { packageRoot } from '../package-root.js';
import { AnalysisPool } from '../queue/analysis-pool.js';
import {
  asNumber,
  CLEAN,
  CliError,
  type Command,
  type CommandContext,
  FOUND,
  INTERRUPTED,
  onlyOne,
} from './command.js';
import { AnalysisStore } from './qc/analysis-store.js';
import { type DuplicateGroup, duplicateGroups, type GroupMember } from './qc/duplicate-groups.js';
import { duplicateScoreOf, type Finding, FolderExamination, type Picture } from './qc/examine-folder.js';
import type { FileFault } from './qc/find-pictures.js';
import { countFiles } from './qc/count-files.js';
import { writeReport } from './qc/html-report.js';
import { jsonLine } from './qc/json-lines.js';
import { scoreText } from './qc/score-text.js';
import type { Summary } from './qc/summary.js';
import { duration, ProgressLine, shortened, shown, table } from './terminal.js';
import { cacheFolder } from './user-folders.js';

const MIB = 1024 * 1024;
const FAIL_ON = ['duplicates', 'ai', 'unreadable'] as const;
/** Rows of each table on a terminal. */
const MOST_ROWS = 40;
const NAME_LENGTH = 60;
/** Kept for the report. */
const MOST_FAULTS = 10_000;

type FailOn = (typeof FAIL_ON)[number];

interface Options {
  folder: string;
  duplicateThreshold: number;
  aiThreshold: number;
  threads: number;
  limits: { maxFileBytes: number; maxImagePixels: number };
  failOn: readonly FailOn[];
  json: boolean;
  html: string | undefined;
  cache: boolean;
  detectorFolder: string;
}

export const qcCommand: Command = {
  usage: '<folder> [options]',
  summary: 'Find duplicates and AI-generated pictures in a folder, with no server.',
  details: `
  --json                      JSON Lines on standard output, as things are found
  --html <file>               a report with the pictures in it
  --fail-on <what,…>          exit with 1 where there are any: ${FAIL_ON.join(', ')}
  --duplicate-threshold <0…1> from which score on a picture is a duplicate (${DEFAULT_THRESHOLDS.duplicate_threshold})
  --ai-threshold <0…1>        from which score on it is AI-generated (${DEFAULT_THRESHOLDS.ai_threshold})
  --threads <n>               that look at pictures (as many as there are cores)
  --max-pixels <n>            larger pictures are not looked at (50000000)
  --detector <folder>         another detector, as DETECTOR of the service
  --no-cache                  keep nothing for the next time

  Looks at JPEG, PNG and WebP files in the folder and all below it, hidden ones left out. Exit codes: 0 nothing was found
  (or nothing was asked for by --fail-on), 1 something was, 2 it could not be done.`,
  run: async (context, argv) => runQc(context, await readOptions(argv)),
};

async function readOptions(argv: string[]): Promise<Options> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      html: { type: 'string' },
      'fail-on': { type: 'string', multiple: true, default: [] },
      'duplicate-threshold': { type: 'string' },
      'ai-threshold': { type: 'string' },
      threads: { type: 'string' },
      'max-pixels': { type: 'string' },
      detector: { type: 'string' },
      'no-cache': { type: 'boolean', default: false },
    },
  });
  const folder = onlyOne(positionals, 'folder');
  const isFolder = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CliError(`There is no folder ${shown(folder)}.`);
  const failOn = values['fail-on'].flatMap((text) => text.split(',')).filter((text) => text !== '');
  const unknown = failOn.find((text) => !(FAIL_ON as readonly string[]).includes(text));
  if (unknown !== undefined) throw new CliError(`--fail-on takes ${FAIL_ON.join(', ')}, not ${shown(unknown)}.`);
  const share = { min: 0, max: 1 };
  return {
    folder,
    duplicateThreshold: asNumber(values['duplicate-threshold'], {
      name: '--duplicate-threshold',
      fallback: DEFAULT_THRESHOLDS.duplicate_threshold,
      ...share,
    }),
    aiThreshold: asNumber(values['ai-threshold'], {
      name: '--ai-threshold',
      fallback: DEFAULT_THRESHOLDS.ai_threshold,
      ...share,
    }),
    threads: asNumber(values.threads, {
      name: '--threads',
      fallback: Math.min(60, availableParallelism()),
      min: 1,
      max: 60,
      whole: true,
    }),
    limits: {
      maxFileBytes: 512 * MIB,
      maxImagePixels: asNumber(values['max-pixels'], {
        name: '--max-pixels',
        fallback: 50_000_000,
        min: 1,
        max: 1_000_000_000,
        whole: true,
      }),
    },
    failOn: failOn as FailOn[],
    json: values.json,
    html: values.html,
    cache: !values['no-cache'],
    detectorFolder: values.detector ?? join(packageRoot, 'workers', 'detector'),
  };
}

async function runQc({ interrupted, say }: CommandContext, options: Options): Promise<number> {
  const { threads, detectorFolder, duplicateThreshold, limits } = options;
  const begun = performance.now();
  const isOver = () => interrupted.aborted;
  const version = await readAnalyserVersion(detectorFolder).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error));
  });
  const temporary = await mkdtemp(join(tmpdir(), 'assay-qc-'));
  const pool = new AnalysisPool({ threads, detectorFolder });
  const progress = new ProgressLine();
  let store: AnalysisStore | undefined;
  try {
    const folder = options.cache ? join(cacheFolder(), 'analyses', encodeURIComponent(version)) : temporary;
    store = await AnalysisStore.open(folder);
    const ground = { pool, store, limits, duplicateThreshold, linkFolder: temporary, signal: interrupted };
    const examination = new FolderExamination(ground);
    const faults: FileFault[] = [];
    const summary: Summary = { pictures: 0, duplicates: 0, groups: 0, generated: 0, faults: 0, seconds: 0 };
    const total = options.json && !process.stderr.isTTY ? 0 : await countFiles(options.folder, interrupted);
    for await (const finding of examination.examine(options.folder)) {
      note(finding, summary, { faults, aiThreshold: options.aiThreshold });
      if (options.json) say(jsonLine(finding, examination.pictures, options));
      progress.draw({ done: summary.pictures + summary.faults, total });
    }
    progress.clear();
    if (isOver()) return INTERRUPTED;

    const groups: DuplicateGroup[] = [];
    for await (const group of duplicateGroups(examination, pool)) {
      summary.groups += 1;
      summary.duplicates += 1 + group.others.length;
      groups.push(group);
      if (options.json) say(groupLine(group));
      if (isOver()) return INTERRUPTED;
    }
    const generated = examination.pictures
      .filter(({ aiScore }) => aiScore >= options.aiThreshold)
      .sort((a, b) => b.aiScore - a.aiScore);
    if (options.html !== undefined) {
      const kept = store;
      const factsOf = async ({ sha256 }: Picture) => (await kept.read(sha256))?.provenance ?? [];
      const report = { folder: options.folder, summary, groups, generated, faults, factsOf };
      await writeReport(options.html, report, { pool, maxPixels: limits.maxImagePixels });
    }
    summary.seconds = (performance.now() - begun) / 1000;
    if (options.json) say(JSON.stringify({ type: 'summary', analyser_version: version, ...summary }));
    else say(describe({ summary, groups, generated, faults }, options));
    return exitCode(summary, options.failOn);
  } finally {
    progress.clear();
    await pool.close();
    await store?.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

function note(
  finding: Finding,
  summary: Summary,
  { faults, aiThreshold }: { faults: FileFault[]; aiThreshold: number },
): void {
  if (finding.type === 'fault') {
    summary.faults += 1;
    if (faults.length < MOST_FAULTS) faults.push(finding.fault);
  } else if (finding.type === 'picture') {
    summary.pictures += 1;
    if (finding.picture.aiScore >= aiThreshold) summary.generated += 1;
  }
}

function groupLine({ keeper, reasons, others }: DuplicateGroup): string {
  const asJson = ({ picture, relation, score, transformation }: GroupMember) => ({
    file: picture.name,
    relation,
    score,
    transformation,
  });
  return JSON.stringify({ type: 'group', keep: keeper.picture.name, reasons, duplicates: others.map(asJson) });
}

interface Found {
  summary: Summary;
  groups: readonly DuplicateGroup[];
  generated: readonly Picture[];
  faults: readonly FileFault[];
}

function describe({ summary, groups, generated, faults }: Found, options: Options): string {
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
      generated.map((picture) => [nameOf(picture.name), scoreText(picture.aiScore), flags(picture, options).join(' ')]),
    ),
    titled(
      'Not looked at',
      ['file', 'why'],
      faults.map(({ name, message }) => [nameOf(name), shown(message)]),
    ),
  ];
  const { pictures, duplicates, groups: count, seconds } = summary;
  const last =
    `${pictures} pictures in ${duration(seconds)}: ${duplicates} in ${count} groups of duplicates, ` +
    `${summary.generated} AI-generated, ${summary.faults} files not looked at.`;
  return [...parts.filter((part) => part !== ''), last].join('\n\n');
}

function titled(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > MOST_ROWS ? `\n… and ${rows.length - MOST_ROWS} more (--json and --html tell them)` : '';
  return `${title}\n${table(header, rows.slice(0, MOST_ROWS))}${more}`;
}

export function flags(
  picture: Picture,
  { duplicateThreshold, aiThreshold }: Pick<Options, 'duplicateThreshold' | 'aiThreshold'>,
): string[] {
  const result = {
    findings: picture.findings,
    duplicateScore: duplicateScoreOf(picture),
    aiGeneratedScore: picture.aiScore,
    matchRelation: picture.match?.relation ?? null,
  };
  return flagsOf(result, { duplicate_threshold: duplicateThreshold, ai_threshold: aiThreshold });
}

function exitCode({ duplicates, generated, faults }: Summary, failOn: readonly FailOn[]): number {
  const found: Record<FailOn, number> = { duplicates, ai: generated, unreadable: faults };
  return failOn.some((what) => found[what] > 0) ? FOUND : CLEAN;
}
