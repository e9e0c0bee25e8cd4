import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Analysis, AnalysisTask, Thumbnail, ThumbnailTask } from '../../workers/analysis.js';
import type { Answer, Question } from './separate-process-entry.js';

/** The same kind of file as this one: `.ts` under tsx, `.js` once built. */
const ENTRY_FILE = fileURLToPath(new URL(`./separate-process-entry${extname(import.meta.url)}`, import.meta.url));
/** So long it is kept for another picture: it takes a second to start, and the memory of a detector. */
const IDLE_MS = 5000;
/** A picture that took one process along may have been there by chance; not so with the next. */
const TRIES = 2;
const FAILURE = 'The analysis of this picture ended the process that made it.';

/** The process ended while it had a picture in hand. */
class ProcessEnded extends Error {
  override name = 'ProcessEnded';
}

/**
 * Looks at pictures one at a time in a process of its own, started when it is needed, so that a picture on which a
 * decoder or the inference aborts takes nothing else along. Such a picture is an answer.
 */
export class SeparateProcess {
  readonly threads = 1;
  readonly #detectorFolder: string;
  #child: ChildProcess | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor({ detectorFolder }: { detectorFolder: string }) {
    this.#detectorFolder = detectorFolder;
  }

  /** As `AnalysisPool.analyse`; finds `analysis_failed` where the process does not survive the picture. */
  async analyse(task: AnalysisTask): Promise<Analysis> {
    return (await this.#inTurn<Analysis>({ name: 'analyse', task })) ?? FAILED_ANALYSIS;
  }

  /** As `AnalysisPool.thumbnail`. */
  async thumbnail(task: ThumbnailTask): Promise<Thumbnail> {
    return (await this.#inTurn<Thumbnail>({ name: 'thumbnail', task })) ?? NO_THUMBNAIL;
  }

  /** As `AnalysisPool.heatMap`. */
  async heatMap(task: AnalysisTask): Promise<Thumbnail> {
    return (await this.#inTurn<Thumbnail>({ name: 'heatMap', task })) ?? NO_THUMBNAIL;
  }

  /** Ends the process once the pictures asked for are looked at. */
  async close(): Promise<void> {
    await this.#turn;
    this.#end();
  }

  #inTurn<T>(question: Question): Promise<T | undefined> {
    const turn = this.#turn.then(() => this.#ask<T>(question));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Undefined where no process survives it. */
  async #ask<T>(question: Question): Promise<T | undefined> {
    clearTimeout(this.#idle);
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        try {
          const child = await this.#ready();
          return (await exchange(child, question)) as T;
        } catch (error) {
          if (!(error instanceof ProcessEnded)) throw error;
        }
      }
      return undefined;
    } finally {
      this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    }
  }

  /** @throws where it cannot be started: no picture is to blame. */
  async #ready(): Promise<ChildProcess> {
    if (this.#child?.connected) return this.#child;
    const child = fork(ENTRY_FILE, [this.#detectorFolder], {
      serialization: 'advanced',
      // A session of its own: what stops this process is to stop the other when the picture in hand is done.
      detached: true,
    });
    this.#child = child;
    try {
      await exchange(child, { name: 'checkDetector' });
    } catch (error) {
      this.#end();
      throw new Error('The process apart cannot be started', { cause: error });
    }
    return child;
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

async function exchange(child: ChildProcess, question: Question): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answered = once(child, 'message', { signal });
    const ended = once(child, 'exit', { signal });
    child.send(question);
    const [answer] = (await Promise.race([answered, ended.then(refuse)])) as [Answer];
    if ('fault' in answer) throw new Error(answer.fault);
    return answer.value;
  } finally {
    settled.abort();
  }
}

function refuse([code, signal]: unknown[]): never {
  throw new ProcessEnded(`It ended with ${String(signal ?? code)}`);
}

const FAILED_ANALYSIS: Analysis = {
  width: 0,
  height: 0,
  pdq: null,
  pdqQuality: 0,
  fingerprint: null,
  detectorScore: null,
  provenance: [],
  metadataBytes: 0,
  findings: ['analysis_failed'],
  error: FAILURE,
  lasting: true,
  timings: { decode: 0, hash: 0, detect: 0, provenance: 0 },
};
const NO_THUMBNAIL: Thumbnail = { webp: null, undecodable: FAILURE, lasting: true, milliseconds: 0 };
