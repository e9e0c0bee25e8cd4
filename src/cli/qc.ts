import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Analysis } from '../../workers/analysis.js';
import { readAnalyserVersion } from '../../workers/analyser-version.js';
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
import { type KeptComparisons, readMatcherVersion } from './qc/comparisons.js';
import { type DuplicateGroup, duplicateGroups } from './qc/duplicate-groups.js';
import { type Finding, FolderExamination, type Picture } from './qc/examine-folder.js';
import type { FileFault } from './qc/find-pictures.js';
import { countFiles } from './qc/count-files.js';
import { writeReport } from './qc/html-report.js';
import { groupLine, jsonLine, summaryLine } from './qc/json-lines.js';
import { describe } from './qc/tables.js';
import { PackedStore } from './qc/packed-store.js';
import type { Summary } from './qc/summary.js';
import { checkOutput } from './output-file.js';
import { ProgressLine, shown } from './terminal.js';
import { cacheFolder } from './user-folders.js';

const MIB = 1024 * 1024;
const FAIL_ON = ['duplicates', 'ai', 'unreadable'] as const;
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

  Looks at JPEG, PNG and WebP files in the folder and all below it, hidden ones left out, and passes over files that are
  no pictures by name or content. Links to files are followed, those to folders are not. Exit codes: 0 nothing was found (or
  nothing was asked for by --fail-on), 1 something was, 2 it could not be done, or there was no picture.`,
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
  const place = await stat(folder).catch(() => null);
  if (!place) throw new CliError(`There is no folder ${shown(folder)}.`);
  if (!place.isDirectory()) throw new CliError(`${shown(folder)} is a file: name the folder that it lies in.`);
  if (values.html !== undefined) await checkOutput(values.html);
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
  const stores: PackedStore<unknown>[] = [];
  const openStore = async <Value>(...path: string[]): Promise<PackedStore<Value>> => {
    const opened = await PackedStore.open<Value>(join(options.cache ? cacheFolder() : temporary, ...path));
    stores.push(opened);
    return opened;
  };
  try {
    const kept = encodeURIComponent(version);
    const store = await openStore<Analysis>('analyses', kept);
    const comparisons = await openStore<KeptComparisons>('comparisons', `${kept}-${await readMatcherVersion()}`);
    const total = process.stderr.isTTY ? await countFiles(options.folder, interrupted) : 0;
    let done = 0;
    const onFile = () => progress.draw({ done: (done += 1), total });
    const ground = { pool, store, comparisons, limits, duplicateThreshold, linkFolder: temporary, onFile };
    const examination = new FolderExamination({ ...ground, signal: interrupted });
    const faults: FileFault[] = [];
    const passedOver = { files: 0, links: 0 };
    const summary: Summary = { pictures: 0, duplicates: 0, groups: 0, generated: 0, faults: 0, passedOver, seconds: 0 };
    for await (const finding of examination.examine(options.folder)) {
      note(finding, summary, { faults, aiThreshold: options.aiThreshold });
      if (options.json) say(jsonLine(finding, examination.pictures, options));
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
    summary.seconds = (performance.now() - begun) / 1000;
    if (options.html !== undefined && summary.pictures > 0) {
      const factsOf = async ({ sha256 }: Picture) => (await store.read(sha256))?.provenance ?? [];
      const madeBy = { at: new Date(), analyserVersion: version, ...options };
      const report = { folder: options.folder, summary, groups, generated, faults, factsOf, madeBy };
      await writeReport(options.html, report, { pool, maxPixels: limits.maxImagePixels });
    }
    summary.seconds = (performance.now() - begun) / 1000;
    if (options.json) say(summaryLine(summary, version));
    else say(describe({ summary, groups, generated, faults }, options));
    return exitCode(summary, options);
  } finally {
    progress.clear();
    await pool.close();
    for (const opened of stores) await opened.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

function note(
  finding: Finding,
  summary: Summary,
  { faults, aiThreshold }: { faults: FileFault[]; aiThreshold: number },
): void {
  if (finding.type === 'passed over') summary.passedOver[`${finding.passed.what}s`] += 1;
  else if (finding.type === 'fault') {
    summary.faults += 1;
    if (faults.length < MOST_FAULTS) faults.push(finding.fault);
  } else if (finding.type === 'picture') {
    summary.pictures += 1;
    if (finding.picture.aiScore >= aiThreshold) summary.generated += 1;
  }
}

/** @throws {CliError} where there was nothing to look at: who asks whether a folder is clean is not to be told so. */
function exitCode({ pictures, duplicates, generated, faults }: Summary, { failOn, folder }: Options): number {
  const found: Record<FailOn, number> = { duplicates, ai: generated, unreadable: faults };
  if (failOn.some((what) => found[what] > 0)) return FOUND;
  if (pictures === 0) throw new CliError(`No picture in ${shown(folder)} was looked at.`);
  return CLEAN;
}
