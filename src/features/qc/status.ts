import type { Knex } from 'knex';
import { z } from 'zod';
import { countUnchecked, type RunAsRead, runProgress } from './progress.js';
import { listUndecodable } from './results.js';

export const statusSchema = z.object({
  request_id: z.uuid(),
  run_id: z.uuid().nullable(),
  status: z
    .enum(['not_started', 'queued', 'running', 'completed', 'failed', 'cancelled'])
    .meta({ description: 'Of the newest run.' }),
  images_total: z.number().int(),
  images_done: z.number().int(),
  images_failed: z
    .number()
    .int()
    .meta({ description: 'Pictures that could not be examined: undecodable, or given up.' }),
  images_unchecked: z.number().int().meta({
    description: 'Pictures that no run has looked at yet; while one is under way, those that it has still to look at.',
  }),
  percent: z.number().int(),
  images_per_second: z.number().nullable(),
  seconds_left: z.number().int().nullable(),
  cancel_requested: z.boolean(),
  error: z.string().nullable().meta({ description: 'Why the run failed as a whole.' }),
  errors: z.array(z.object({ image_id: z.uuid(), filename: z.string(), message: z.string() })).meta({
    description: 'Pictures that could not be decoded, and why: the first hundred.',
  }),
  started_at: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
});

/** How the newest run of a request stands, and what no run has looked at yet: `GET /requests/{id}/qc/status`. */
export async function presentStatus(
  db: Knex,
  requestId: string,
  run: RunAsRead | undefined,
): Promise<z.infer<typeof statusSchema>> {
  const progress = run && runProgress(run, run.readAt);
  const undecodable = await listUndecodable(db, requestId);
  return {
    request_id: requestId,
    run_id: run?.id ?? null,
    status: run?.status ?? 'not_started',
    images_total: run?.imagesTotal ?? 0,
    images_done: run?.imagesDone ?? 0,
    images_failed: run?.imagesFailed ?? 0,
    images_unchecked: await countUnchecked(db, requestId, run),
    percent: progress?.percent ?? 0,
    images_per_second: progress?.imagesPerSecond ?? null,
    seconds_left: progress?.secondsLeft ?? null,
    cancel_requested: run?.cancelRequested ?? false,
    error: run?.error ?? null,
    errors: undecodable.map(({ imageId, image, error }) => ({
      image_id: imageId,
      filename: image?.filename ?? '',
      message: error ?? '',
    })),
    started_at: run?.startedAt?.toISOString() ?? null,
    finished_at: run?.finishedAt?.toISOString() ?? null,
  };
}
