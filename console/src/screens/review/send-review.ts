import { client, type RouterInputs } from '../../api.js';
import type { Judgements } from './use-judgements.js';

type ReviewInput = RouterInputs['tasks']['review'];

/** The most pictures that the service takes in one call. */
const PER_CALL = 1000;

export interface TaskVerdict {
  verdict: 'accepted' | 'returned';
  comment: string;
  /** Of a task that was accepted before. */
  reopen: boolean;
}

/** Sends what was said of the pictures, and last what becomes of the task, since nothing can be said of it after that. */
export async function sendReview(taskId: string, judgements: Judgements, task: TaskVerdict): Promise<void> {
  const images = [...judgements].map(([imageId, judgement]) => ({ image_id: imageId, ...judgement }));
  // Of an accepted task nothing can be said before it is taken up again.
  const first = task.reopen ? 0 : Math.max(0, images.length - PER_CALL);
  for (let start = 0; start < first; start += PER_CALL) {
    await send({ task_id: taskId, images: images.slice(start, Math.min(first, start + PER_CALL)) });
  }
  await send({ task_id: taskId, images: images.slice(first), ...task });
}

const send = (input: ReviewInput) => client.tasks.review.mutate(input);
