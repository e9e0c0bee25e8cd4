import pMap from 'p-map';
import type { Analysis, ProvenanceFact } from '../../../workers/analysis.js';
import { FingerprintIndex } from '../../../workers/match/fingerprint-index.js';
import { LocalIndex } from '../../../workers/match/local-index.js';
import type { KnownFingerprint, PairMatch, Relation } from '../../../workers/match/pair-match.js';
import type { Edge } from '../../features/duplicates/groups.js';
import { aiGeneratedScore } from '../../features/qc/ai-generated-score.js';
import { NEAR_SHOT_CEILING } from '../../features/qc/match/refresh-matches.js';
import type { PictureLimits } from '../../features/uploads/inspection/rejection.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import type { AnalysisStore } from './analysis-store.js';
import { type FileFault, findFiles, type FoundFile, inspectFile, type InspectedFile } from './find-pictures.js';

/** A picture that was looked at. */
export interface Picture extends InspectedFile {
  width: number;
  height: number;
  metadataBytes: number;
  aiScore: number;
  detectorScore: number | null;
  findings: string[];
  /** The best copy, or another shot of the scene. */
  match: Match | null;
}

export interface Match {
  /** Its number among the pictures. */
  other: number;
  relation: Relation;
  score: number;
  /** What was done to the other to make this one. */
  transformation: string[];
}

/** What was found, as it is found. */
export type Finding =
  | { type: 'fault'; fault: FileFault }
  | { type: 'picture'; picture: Picture; number: number; facts: ProvenanceFact[] }
  | { type: 'match'; number: number; match: Match };

export interface FolderGround {
  pool: AnalysisPool;
  store: AnalysisStore;
  limits: PictureLimits;
  /** From this score on a copy makes a group. */
  duplicateThreshold: number;
  /** For files whose name is not UTF-8. */
  linkFolder: string;
  signal: AbortSignal;
}

/** Pictures analysed, looked up and compared together. */
const BATCH = 64;
const INDEX_CAPACITY = 8_000_000;
/** Parts of pictures are sought among the first so many; what finds whole copies has no such bound. */
const PARTS_CAPACITY = 65_536;
/** Pairs kept for grouping; a folder that has more has other worries than the rest. */
const MOST_EDGES = 500_000;

/** Looks at the pictures below a folder the way the service does, with no database. */
export class FolderExamination {
  readonly pictures: Picture[] = [];
  readonly edges: Edge[] = [];
  readonly #ground: FolderGround;
  readonly #index = FingerprintIndex.create({ capacity: INDEX_CAPACITY });
  readonly #parts = LocalIndex.create({ capacity: PARTS_CAPACITY });
  /** The picture at each position of the index. */
  readonly #numbers: number[] = [];
  /** The first picture of these bytes. */
  readonly #bySha256 = new Map<string, number>();

  constructor(ground: FolderGround) {
    this.#ground = ground;
  }

  /** Yields findings batch by batch. Where it is aborted it ends at once, with what it has. */
  async *examine(folder: string): AsyncGenerator<Finding> {
    let files: FoundFile[] = [];
    for await (const found of findFiles(folder, this.#ground.linkFolder)) {
      if (this.#ground.signal.aborted) return;
      if ('message' in found) yield { type: 'fault', fault: found };
      else files.push(found);
      if (files.length < BATCH) continue;
      yield* this.#examineBatch(files);
      files = [];
    }
    if (files.length > 0) yield* this.#examineBatch(files);
  }

  /** What a picture is compared by; null where that is gone. */
  async fingerprintOf(number: number): Promise<KnownFingerprint | null> {
    const picture = this.pictures[number];
    const analysis = picture && (await this.#ground.store.read(picture.sha256));
    return analysis?.fingerprint ?? null;
  }

  /** The fingerprints that are there of these pictures. */
  async #fingerprints(numbers: readonly number[]): Promise<Map<number, KnownFingerprint>> {
    const read = await pMap(new Set(numbers), async (number) => [number, await this.fingerprintOf(number)] as const, {
      concurrency: 16,
    });
    return new Map(read.flatMap(([number, print]) => (print ? [[number, print] as const] : [])));
  }

  async *#examineBatch(files: readonly FoundFile[]): AsyncGenerator<Finding> {
    const { limits, pool, signal } = this.#ground;
    const concurrency = pool.threads + 1;
    const inspected = await pMap(files, (file) => inspectFile(file, limits), { concurrency });
    const analyses = new Map<string, Analysis | FileFault>();
    const distinct = new Map(inspected.flatMap((file) => ('sha256' in file ? [[hex(file), file] as const] : [])));
    await pMap(
      distinct,
      async ([key, file]) => {
        if (!signal.aborted) analyses.set(key, await this.#analyse(file));
      },
      { concurrency },
    );
    if (signal.aborted) return;

    const fresh: number[] = [];
    for (const file of inspected) {
      const analysis = 'sha256' in file ? analyses.get(hex(file)) : file;
      if (!analysis || !('sha256' in file)) {
        if (analysis && 'code' in analysis) yield { type: 'fault', fault: analysis };
        continue;
      }
      const fault = faultOf(file.name, analysis);
      if (fault) {
        yield { type: 'fault', fault };
        continue;
      }
      const number = this.pictures.length;
      const picture = asPicture(file, analysis as Analysis);
      this.pictures.push(picture);
      yield { type: 'picture', picture, number, facts: (analysis as Analysis).provenance };
      const first = this.#bySha256.get(hex(file));
      if (first !== undefined) yield* this.#meetEqual(number, first);
      else {
        this.#bySha256.set(hex(file), number);
        const { fingerprint } = analysis as Analysis;
        if (fingerprint) fresh.push(this.#makeKnown(number, fingerprint));
      }
    }
    yield* this.#lookUp(fresh);
  }

  async #analyse(file: InspectedFile): Promise<Analysis | FileFault> {
    const { store, pool, limits } = this.#ground;
    const known = await store.read(file.sha256);
    if (known) return known;
    const { path, contentType } = file;
    try {
      const analysis = await pool.analyse({ path, contentType, maxPixels: limits.maxImagePixels });
      // What did not come to an end may do so another time, on a machine that is less busy.
      const isKept = analysis.lasting && !analysis.findings.includes('analysis_failed');
      if (isKept) await store.write(file.sha256, analysis);
      return analysis;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A file that went while it was looked at; a detector that cannot be used is known before.
      if (code === undefined || code === 'ENOSPC') throw error;
      return { name: file.name, code: 'unreadable', message: `The file cannot be read (${code}).` };
    }
  }

  /** @returns its position in the index. */
  #makeKnown(number: number, { pdq, descriptor, evidence }: NonNullable<Analysis['fingerprint']>): number {
    const position = this.#index.append({ pdq, descriptor, owner: 0, request: 0, reference: false });
    this.#parts.append(evidence);
    this.#numbers.push(number);
    return position;
  }

  *#meetEqual(number: number, first: number): Generator<Finding> {
    const equal = { relation: 'exact', score: 1, transformation: [] } as const;
    this.#tie(number, first, equal);
    yield* this.#improve(number, { other: first, ...equal, transformation: [] });
    yield* this.#improve(first, { other: number, ...equal, transformation: [] });
  }

  /** Looks pictures up among those before them, so that each pair is met once. */
  async *#lookUp(positions: readonly number[]): AsyncGenerator<Finding> {
    const { pool } = this.#ground;
    if (positions.length === 0) return;
    const numberAt = (position: number) => this.#numbers[position] ?? 0;
    const prints = await this.#fingerprints(positions.map(numberAt));
    const sought = positions.flatMap((position) => {
      const print = prints.get(numberAt(position));
      return print ? [{ position, number: numberAt(position), print }] : [];
    });
    const found = await pool.search({
      shared: this.#index.shared,
      local: this.#parts.shared,
      queries: sought.map(({ position, print }) => ({ ...print, options: { below: position } })),
    });
    const candidates = await this.#fingerprints(found.flat().map(({ position }) => numberAt(position)));
    const tasks = sought.flatMap(({ number, print }, at) => {
      const numbers = (found[at] ?? [])
        .map(({ position }) => numberAt(position))
        .filter((other) => candidates.has(other));
      return numbers.length > 0 ? [{ number, print, numbers }] : [];
    });
    const printOf = (number: number) => candidates.get(number) ?? { pdq: new Uint8Array(32) };
    const compared = await pool.compare(
      tasks.map(({ print, numbers }) => ({ query: print, candidates: numbers.map(printOf) })),
    );
    const pairs = tasks.flatMap(({ number, print, numbers }, task) =>
      numbers.flatMap((other, at) => {
        const match = compared[task]?.[at];
        return match ? [{ number, print, other, match }] : [];
      }),
    );
    const back = await pool.compare(pairs.map(({ other, print }) => ({ query: printOf(other), candidates: [print] })));
    for (const [at, { number, other, match }] of pairs.entries()) {
      this.#tie(number, other, match);
      yield* this.#improve(number, asMatch(other, match));
      yield* this.#improve(other, asMatch(number, back[at]?.[0] ?? match));
    }
  }

  #tie(one: number, other: number, { relation, score }: Pick<PairMatch, 'relation' | 'score'>): void {
    if (relation === 'near_shot' || score < this.#ground.duplicateThreshold || this.edges.length >= MOST_EDGES) return;
    this.edges.push({ a: keyOf(one), b: keyOf(other), relation, score });
  }

  *#improve(number: number, match: Match): Generator<Finding> {
    const picture = this.pictures[number];
    if (!picture || (picture.match && rankOf(picture.match) >= rankOf(match))) return;
    picture.match = match;
    yield { type: 'match', number, match };
  }
}

function faultOf(name: string, analysis: Analysis | FileFault): FileFault | null {
  if ('code' in analysis) return { ...analysis, name };
  if (analysis.error === null) return null;
  const code = analysis.findings.includes('analysis_failed') ? 'analysis_failed' : 'corrupt';
  return { name, code, message: analysis.error };
}

const hex = ({ sha256 }: InspectedFile) => sha256.toString('hex');

const asMatch = (other: number, { relation, score, transformation }: PairMatch): Match => ({
  other,
  relation,
  score,
  transformation,
});

/** The same bytes before a copy before another shot, then the higher score. */
const rankOf = ({ relation, score }: Match) => ({ exact: 2, copy: 1, near_shot: 0 })[relation] + score / 2;

/** Keys sort as numbers do. */
export const keyOf = (number: number) => String(number).padStart(9, '0');

/** As the service has it: a near shot is no duplicate, whatever the threshold. */
export const duplicateScoreOf = ({ match }: Pick<Picture, 'match'>) =>
  match === null ? 0 : match.relation === 'near_shot' ? Math.min(match.score, NEAR_SHOT_CEILING) : match.score;

function asPicture(file: InspectedFile, analysis: Analysis): Picture {
  const { width, height, metadataBytes, detectorScore, provenance, findings } = analysis;
  const aiScore = aiGeneratedScore({ detectorScore, provenance });
  return { ...file, width, height, metadataBytes, aiScore, detectorScore, findings, match: null };
}
