import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { inSpan } from '../tracing.js';
import type { WorkerStats } from '../../models/worker-process.js';
import type { Analysis, AnalysisTask, FingerprintAnswer, Thumbnail, ThumbnailTask } from '../../workers/analysis.js';
import type { Candidate } from '../../workers/match/fingerprint-index.js';
import type { CompareTask, PartsPlace, PartsTask, SearchTask } from '../../workers/match/match-task.js';
import type { PairMatch } from '../../workers/match/pair-match.js';

/** The same file as this one is: `.ts` under tsx, `.js` once built. */
const threadFile = new URL(`../../workers/thread${extname(import.meta.url)}`, import.meta.url).href;

/**
 * A fixed number of threads that look at pictures, one picture each at a time. Only for a process of its own: a thread
 * stopped inside onnxruntime takes its whole process along, so there is no way to abort a task here.
 */
export class AnalysisPool {
  readonly threads: number;
  /** Counted since the pool was made. */
  readonly stats: WorkerStats = {
    imagesAnalysed: 0,
    analysisFailures: 0,
    stageSeconds: { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 },
  };
  readonly #pool: Piscina<unknown, unknown>;
  readonly #unsettled = new Set<Promise<unknown>>();
  #closing = false;

  /** @param options.detectorFolder holds `model.onnx` and what describes it; each thread loads it at its first picture. */
  constructor(options: { threads: number; detectorFolder: string }) {
    this.threads = options.threads;
    // Microsoft's builds of onnxruntime report home unless the process says no before they are loaded.
    process.env.ORT_DISABLE_TELEMETRY = '1';
    this.#pool = new Piscina({
      filename: threadFile,
      name: 'analyse',
      minThreads: options.threads,
      maxThreads: options.threads,
      // A picture takes milliseconds: handing tasks over without blocking waits costs nothing beside it.
      atomics: 'disabled',
      workerData: { detectorFolder: options.detectorFolder },
    });
  }

  /** Tasks that wait for a thread. */
  get queueSize(): number {
    return this.#pool.queueSize;
  }

  /** A bad picture is an analysis with `error`; rejects where the file or the detector cannot be read. */
  async analyse(task: AnalysisTask): Promise<Analysis> {
    try {
      const analysis = await this.#run<Analysis>('analyse', task);
      const { stageSeconds } = this.stats;
      this.stats.imagesAnalysed += 1;
      for (const stage of ['decode', 'hash', 'detect', 'provenance'] as const) {
        stageSeconds[stage] += analysis.timings[stage] / 1000;
      }
      return analysis;
    } catch (error) {
      this.stats.analysisFailures += 1;
      throw error;
    }
  }

  /** A WebP, or why there can be none; rejects where the file cannot be read or memory runs out. */
  async thumbnail(task: ThumbnailTask): Promise<Thumbnail> {
    const thumbnail = await this.#run<Thumbnail>('thumbnail', task);
    this.stats.stageSeconds.thumbnail += thumbnail.milliseconds / 1000;
    return thumbnail;
  }

  /** A WebP that shows where a picture looks generated, or why there can be none; rejects as `thumbnail` does. */
  heatMap(task: AnalysisTask): Promise<Thumbnail> {
    return this.#run<Thumbnail>('heatMap', task);
  }

  /** Rejects with the reason where the detector's folder cannot be used. */
  checkDetector(): Promise<void> {
    return this.#run('checkDetector', undefined);
  }

  /** The fingerprint of a reference picture, or why there can be none; rejects where the file cannot be read. */
  fingerprint(task: AnalysisTask): Promise<FingerprintAnswer> {
    return this.#run<FingerprintAnswer>('fingerprintFile', task);
  }

  /** Candidates by query, best first, searched on all threads in the memory they share. */
  async search({ queries, ...indices }: SearchTask): Promise<Candidate[][]> {
    const parts = shareOut(queries, this.threads);
    const found = await Promise.all(
      parts.map((part) => this.#run<Candidate[][]>('search', { ...indices, queries: part })),
    );
    return found.flat();
  }

  /** What shares parts with each query, searched on all threads in the memory they share. */
  async searchParts({ queries, ...task }: PartsTask): Promise<PartsPlace[][]> {
    const parts = shareOut(queries, this.threads);
    const found = await Promise.all(
      parts.map((part) => this.#run<PartsPlace[][]>('searchParts', { ...task, queries: part })),
    );
    return found.flat();
  }

  /** Matches by task and candidate, null for unrelated pictures, compared on all threads. */
  async compare(tasks: readonly CompareTask[]): Promise<(PairMatch | null)[][]> {
    const parts = shareOut(tasks, this.threads);
    const compared = await Promise.all(parts.map((part) => this.#run<(PairMatch | null)[][]>('compare', part)));
    return compared.flat();
  }

  /** Takes nothing new, waits for every task to settle, however long, and only then stops the idle threads. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#unsettled);
    await this.#pool.destroy();
  }

  async #run<T>(name: ThreadTask, task: unknown): Promise<T> {
    if (this.#closing) throw new Error('The analysis pool is closing and takes no more pictures');
    const run = inSpan(`thread ${name}`, {}, () => this.#pool.run(task, { name }) as Promise<T>);
    this.#unsettled.add(run);
    try {
      return await run;
    } finally {
      this.#unsettled.delete(run);
    }
  }
}

/** What `workers/thread.ts` exports. */
type ThreadTask =
  'analyse' | 'thumbnail' | 'heatMap' | 'checkDetector' | 'fingerprintFile' | 'search' | 'searchParts' | 'compare';

/** In order, in as many parts of about one size as there are threads, none of them empty. */
function shareOut<Item>(items: readonly Item[], threads: number): Item[][] {
  const size = Math.max(1, Math.ceil(items.length / threads));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}
