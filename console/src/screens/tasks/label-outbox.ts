import { client } from '../../api.js';
import { askBeforeLeaving } from '../../ask-before-leaving.js';

/** Saving the same again changes nothing, and a minute's wait loses nothing. */
const PATIENT = { repeatable: true, retries: 12, longestWait: 60_000 };

type Labels = readonly string[];

/** Saves labels one after the other, so that fast hands wait for no answer. */
export class LabelOutbox {
  readonly #taskId: string;
  readonly #onFailure: (error: unknown, imageId: string) => void;
  readonly #waiting = new Map<string, Labels>();
  readonly #listeners = new Set<() => void>();
  #sending: string | undefined;

  /** @param onFailure told of labels that the service will not take; they are given up. */
  constructor(taskId: string, onFailure: (error: unknown, imageId: string) => void) {
    this.#taskId = taskId;
    this.#onFailure = onFailure;
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** How many pictures' labels are on their way. */
  readonly unsaved = () =>
    this.#waiting.size + (this.#sending !== undefined && !this.#waiting.has(this.#sending) ? 1 : 0);

  /** The last labels of a picture count; those before, if not yet sent, never are. */
  put(imageId: string, labels: Labels): void {
    this.#waiting.set(imageId, labels);
    this.#tell();
    if (this.#sending === undefined) void this.#send();
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while (this.unsaved() > 0) await new Promise((resolve) => window.setTimeout(resolve, 50));
  }

  async #send(): Promise<void> {
    const leaveAlone = askBeforeLeaving();
    for (let next = this.#take(); next; next = this.#take()) {
      const [imageId, labels] = next;
      try {
        const input = { task_id: this.#taskId, image_id: imageId, labels: [...labels] };
        await client.tasks.saveLabels.mutate(input, { context: PATIENT });
      } catch (error) {
        this.#onFailure(error, imageId);
      }
      this.#sending = undefined;
      this.#tell();
    }
    leaveAlone();
  }

  #take(): [string, Labels] | undefined {
    const next = this.#waiting.entries().next().value;
    if (!next) return undefined;
    this.#waiting.delete(next[0]);
    this.#sending = next[0];
    return next;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
