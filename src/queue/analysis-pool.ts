import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import { inSpan } from '../tracing.js';
import type { WorkerStats } from '../../models/worker-process.js';
import type { Analysis, AnalysisTask, FingerprintAnswer, WebpAnswer, ThumbnailTask } from '../../workers/analysis.js';
import type { Candidate } from '../../workers/match/fingerprint-index.js';
import type {
  CompareTask,
  LookedUp,
  LookUpTask,
  SearchTask,
  StoredMatch,
  StoredPairs,
} from '../../workers/match/match-task.js';
import type { PairMatch } from '../../workers/match/pair-match.js';
import { noAnalysis, noFingerprint, noThumbnail, OVERDUE } from './unanswered-picture.js';

/** The same file as this one is: `.ts` under tsx, `.js` once built. */
const threadFile = new URL(`../../workers/thread${extname(import.meta.url)}`, import.meta.url).href;

/** The largest picture that is allowed takes seconds, on a machine that is short of everything perhaps a minute. */
const DEADLINE_SECONDS = 120;
/** Of a thread's memory for what is new there. */
const YOUNG_MEGABYTES = 12;
/** A thread that is to stop does so at once, or after the one call into native code that it is in. */
const STOPS_WITHIN_MS = 5000;

/** A picture was in hand for longer than any takes. */
class PictureOverdue extends Error {
  override name = 'PictureOverdue';
}

export interface AnalysisPoolOptions {
  threads: number;
  /** Holds `model.onnx` and what describes it; each thread loads it at its first picture. */
  detectorFolder: string;
  /** How long a thread may have a picture in hand; null: however long. */
  deadlineSeconds?: number | null;
}

/**
 * A fixed number of threads that look at pictures, one picture each at a time. A picture that never returns is given up
 * after a deadline, and another thread takes the place of the one that has it. Only for a process of its own: a thread
 * stopped inside onnxruntime takes its whole process along, so nothing but that deadline aborts a task here.
 */
export class AnalysisPool {
  readonly threads: number;
  /** Counted since the pool was made. */
  readonly stats: WorkerStats = {
    imagesAnalysed: 0,
    analysisFailures: 0,
    stageSeconds: { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 },
  };
  /**
   * Resolves where a thread was stopped in vain, since native code has it. The process goes on with one thread and one of
   * libuv's less, and had better be replaced. It cannot end by itself any more: it is killed as it exits.
   */
  readonly stuck: Promise<void>;
  readonly #pool: Piscina<unknown, unknown>;
  readonly #deadlineSeconds: number | null;
  /** Tasks wait here, not before a thread: from when a thread has it a picture's time is counted. */
  readonly #turns: ReturnType<typeof pLimit>;
  readonly #unsettled = new Set<Promise<unknown>>();
  #noteStuck: () => void = () => undefined;
  #closing = false;

  constructor(options: AnalysisPoolOptions) {
    this.threads = options.threads;
    const { deadlineSeconds = DEADLINE_SECONDS } = options;
    this.#deadlineSeconds = deadlineSeconds;
    this.#turns = pLimit(options.threads);
    this.stuck = new Promise((resolve) => {
      this.#noteStuck = resolve;
    });
    // Microsoft's builds of onnxruntime report home unless the process says no before they are loaded.
    process.env.ORT_DISABLE_TELEMETRY = '1';
    this.#pool = new Piscina({
      filename: threadFile,
      name: 'analyse',
      minThreads: options.threads,
      maxThreads: options.threads,
      // A picture takes milliseconds: handing tasks over without blocking waits costs nothing beside it.
      atomics: 'disabled',
      // What a thread is done with is mostly small: more room for it would only be more memory.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      workerData: { detectorFolder: options.detectorFolder },
    });
  }

  /** Tasks that wait for a thread. */
  get queueSize(): number {
    return this.#turns.pendingCount;
  }

  /**
   * A bad picture is an analysis with `error`, and one that never returns has the finding `analysis_failed`; rejects where
   * the file or the detector cannot be read.
   */
  async analyse(task: AnalysisTask): Promise<Analysis> {
    try {
      const analysis = await this.#lookAt<Analysis>('analyse', task);
      const { stageSeconds } = this.stats;
      this.stats.imagesAnalysed += 1;
      for (const stage of ['decode', 'hash', 'detect', 'provenance'] as const) {
        stageSeconds[stage] += analysis.timings[stage] / 1000;
      }
      return analysis;
    } catch (error) {
      this.stats.analysisFailures += 1;
      if (error instanceof PictureOverdue) return noAnalysis(OVERDUE);
      throw error;
    }
  }

  /** A WebP, or why there can be none; rejects where the file cannot be read or memory runs out. */
  async thumbnail(task: ThumbnailTask): Promise<WebpAnswer> {
    const thumbnail = await this.#lookAt<WebpAnswer>('thumbnail', task).catch(orElse(noThumbnail));
    this.stats.stageSeconds.thumbnail += thumbnail.milliseconds / 1000;
    return thumbnail;
  }

  /** A WebP that shows where a picture looks generated, or why there can be none; rejects as `thumbnail` does. */
  heatMap(task: AnalysisTask): Promise<WebpAnswer> {
    return this.#lookAt<WebpAnswer>('heatMap', task).catch(orElse(noThumbnail));
  }

  /** Rejects with the reason where the detector's folder cannot be used. */
  checkDetector(): Promise<void> {
    return this.#run('checkDetector', undefined);
  }

  /** The fingerprint of a reference picture, or why there can be none; rejects where the file cannot be read. */
  fingerprint(task: AnalysisTask): Promise<FingerprintAnswer> {
    return this.#lookAt<FingerprintAnswer>('fingerprintFile', task).catch(orElse(noFingerprint));
  }

  /** Candidates by query, best first, searched on all threads in the memory they share. */
  async search({ queries, ...indices }: SearchTask): Promise<Candidate[][]> {
    const parts = shareOut(queries, this.threads);
    const found = await Promise.all(
      parts.map((part) => this.#run<Candidate[][]>('search', { ...indices, queries: part })),
    );
    return found.flat();
  }

  /** Candidates by query, searched on all threads in the memory they share. */
  async lookUp({ queries, ...task }: LookUpTask): Promise<LookedUp[]> {
    const parts = shareOut(queries, this.threads);
    const found = await Promise.all(parts.map((part) => this.#run<LookedUp[]>('lookUp', { ...task, queries: part })));
    return found.flat();
  }

  /** Those of the pairs that match, compared on all threads in the memory they share. */
  async compareStored({ pairs, ...memory }: StoredPairs): Promise<StoredMatch[]> {
    const parts = shareOut(pairs, this.threads);
    const compared = await Promise.all(
      parts.map((part) => this.#run<StoredMatch[]>('compareStored', { ...memory, pairs: part })),
    );
    const size = parts[0]?.length ?? 0;
    return compared.flatMap((matches, part) => matches.map((match) => ({ ...match, pair: match.pair + part * size })));
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

  /** @throws {PictureOverdue} */
  #lookAt<T>(name: ThreadTask, task: AnalysisTask): Promise<T> {
    return this.#run(name, task, this.#deadlineSeconds);
  }

  async #run<T>(name: ThreadTask, task: unknown, deadlineSeconds: number | null = null): Promise<T> {
    if (this.#closing) throw new Error('The analysis pool is closing and takes no more pictures');
    const run = inSpan(`thread ${name}`, {}, () =>
      this.#turns(() =>
        deadlineSeconds === null
          ? (this.#pool.run(task, { name }) as Promise<T>)
          : this.#runWithin<T>(deadlineSeconds, { name, task }),
      ),
    );
    this.#unsettled.add(run);
    try {
      return await run;
    } finally {
      this.#unsettled.delete(run);
    }
  }

  async #runWithin<T>(seconds: number, { name, task }: { name: ThreadTask; task: unknown }): Promise<T> {
    const overdue = new AbortController();
    const timer = setTimeout(() => this.#stopThread(overdue), seconds * 1000);
    try {
      return (await this.#pool.run(task, { name, signal: overdue.signal })) as T;
    } catch (error) {
      throw overdue.signal.aborted ? new PictureOverdue() : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Has the pool stop the thread that has a task, and start another. */
  #stopThread(task: AbortController): void {
    const before = this.#pool.threads;
    task.abort();
    const kept = new Set(this.#pool.threads);
    for (const thread of before) if (!kept.has(thread)) void this.#awaitEnd(thread);
  }

  async #awaitEnd(thread: Worker): Promise<void> {
    const ended = once(thread, 'exit').then(() => true);
    if (await Promise.race([ended, sleep(STOPS_WITHIN_MS, false, { ref: false })])) return;
    // The end of the process would wait for that of the thread.
    thread.unref();
    process.once('exit', killSelf);
    void ended.then(() => process.removeListener('exit', killSelf));
    this.#noteStuck();
  }
}

const killSelf = () => process.kill(process.pid, 'SIGKILL');

const orElse =
  <Answer>(answer: (reason: string) => Answer) =>
  (error: unknown): Answer => {
    if (error instanceof PictureOverdue) return answer(OVERDUE);
    throw error;
  };

/** What `workers/thread.ts` exports. */
type ThreadTask =
  | 'analyse'
  | 'thumbnail'
  | 'heatMap'
  | 'checkDetector'
  | 'fingerprintFile'
  | 'search'
  | 'lookUp'
  | 'compare'
  | 'compareStored';

/** In order, in as many parts of about one size as there are threads, none of them empty. */
function shareOut<Item>(items: readonly Item[], threads: number): Item[][] {
  const size = Math.max(1, Math.ceil(items.length / threads));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}
