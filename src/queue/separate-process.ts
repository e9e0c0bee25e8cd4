import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Analysis, AnalysisTask, WebpAnswer, ThumbnailTask } from '../../workers/analysis.js';
import type { Answer, Question } from './separate-process-entry.js';
import { noAnalysis, noThumbnail, OVERDUE } from './unanswered-picture.js';

/** The same kind of file as this one: `.ts` under tsx, `.js` once built. */
const ENTRY_FILE = fileURLToPath(new URL(`./separate-process-entry${extname(import.meta.url)}`, import.meta.url));
/** So long it is kept for another picture: it takes a second to start, and the memory of a detector. */
const IDLE_MS = 5000;
/** A picture that took one process along may have been there by chance; not so with the next. */
const TRIES = 2;
/** Loading the detector takes a second. */
const STARTS_WITHIN_MS = 60_000;
const FATAL = 'The analysis of this picture ended the process that made it.';

/** The process ended while it had a picture in hand. */
class ProcessEnded extends Error {
  override name = 'ProcessEnded';
}

/** It did not answer in time. */
class ProcessOverdue extends Error {
  override name = 'ProcessOverdue';
}

/**
 * Looks at pictures one at a time in a process of its own, started when it is needed, so that a picture on which a
 * decoder or the inference aborts, or from which it never returns, takes nothing else along. Such a picture is an answer.
 */
export class SeparateProcess {
  readonly threads = 1;
  readonly #detectorFolder: string;
  readonly #deadlineMs: number;
  #child: ChildProcess | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  /** @param options.deadlineSeconds how long the process may have a picture in hand. */
  constructor(options: { detectorFolder: string; deadlineSeconds: number }) {
    this.#detectorFolder = options.detectorFolder;
    this.#deadlineMs = options.deadlineSeconds * 1000;
  }

  /** As `AnalysisPool.analyse`; finds `analysis_failed` also where the process does not survive the picture. */
  analyse(task: AnalysisTask): Promise<Analysis> {
    return this.#inTurn({ name: 'analyse', task }, noAnalysis);
  }

  /** As `AnalysisPool.thumbnail`. */
  thumbnail(task: ThumbnailTask): Promise<WebpAnswer> {
    return this.#inTurn({ name: 'thumbnail', task }, noThumbnail);
  }

  /** As `AnalysisPool.heatMap`. */
  heatMap(task: AnalysisTask): Promise<WebpAnswer> {
    return this.#inTurn({ name: 'heatMap', task }, noThumbnail);
  }

  /** Ends the process once the pictures asked for are looked at. */
  async close(): Promise<void> {
    await this.#turn;
    this.#end();
  }

  /** @param orElse what is answered where no process survives the picture, or returns from it. */
  #inTurn<T>(question: Question, orElse: (reason: string) => T): Promise<T> {
    const turn = this.#turn.then(() => this.#ask(question, orElse));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #ask<T>(question: Question, orElse: (reason: string) => T): Promise<T> {
    clearTimeout(this.#idle);
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        try {
          const child = await this.#ready();
          return (await exchange(child, question, this.#deadlineMs)) as T;
        } catch (error) {
          if (error instanceof ProcessOverdue) {
            this.#end();
            return orElse(OVERDUE);
          }
          if (!(error instanceof ProcessEnded)) throw error;
        }
      }
      return orElse(FATAL);
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
      await exchange(child, { name: 'checkDetector' }, STARTS_WITHIN_MS);
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

/** @throws {ProcessEnded} @throws {ProcessOverdue} */
async function exchange(child: ChildProcess, question: Question, withinMs: number): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answered = once(child, 'message', { signal });
    const ended = once(child, 'exit', { signal }).then(refuse);
    const overdue = sleep(withinMs, undefined, { signal }).then(() => {
      throw new ProcessOverdue(`It took longer than ${withinMs} ms`);
    });
    child.send(question);
    const [answer] = (await Promise.race([answered, ended, overdue])) as [Answer];
    if ('fault' in answer) throw new Error(answer.fault);
    return answer.value;
  } finally {
    settled.abort();
  }
}

function refuse([code, signal]: unknown[]): never {
  throw new ProcessEnded(`It ended with ${String(signal ?? code)}`);
}
