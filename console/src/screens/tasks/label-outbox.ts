import { client, passes, waitOf } from '../../api.js';

type Labels = readonly string[];

/** Saves labels one after the other, so that fast hands wait for no answer, and tries again where the service asks it to. */
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
    for (let next = this.#take(); next; next = this.#take()) {
      const [imageId, labels] = next;
      for (let attempt = 0; ; attempt++) {
        try {
          await client.tasks.saveLabels.mutate({ task_id: this.#taskId, image_id: imageId, labels: [...labels] });
          break;
        } catch (error) {
          if (!passes(error)) {
            this.#onFailure(error, imageId);
            break;
          }
          await new Promise((resolve) => window.setTimeout(resolve, waitOf(error, attempt)));
        }
      }
      this.#sending = undefined;
      this.#tell();
    }
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
