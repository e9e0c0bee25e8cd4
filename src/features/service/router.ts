import { z } from 'zod';
import { liveWorkers, queueDepths } from '../../queue/queue-state.js';
import { publicProcedure, router, withRole } from '../../trpc/procedures.js';
import { administersAll } from '../auth/actor.js';
import { awaitsFirstAdmin } from '../users/first-run-claim.js';

export const serviceRouter = router({
  welcome: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/service/welcome',
        summary: 'What a first visitor needs to know',
        tags: ['service'],
        protect: false,
      },
    })
    .output(
      z.object({
        registration_open: z.boolean(),
        awaits_first_admin: z.boolean().meta({
          description: 'Whether nobody administers the system, so that a signed-in user may make himself SUPER_ADMIN.',
        }),
        max_file_bytes: z.number().int(),
        max_files_per_upload: z.number().int(),
      }),
    )
    .query(async ({ ctx: { db, config } }) => ({
      registration_open: config.registrationOpen,
      awaits_first_admin: await awaitsFirstAdmin(db, config),
      max_file_bytes: config.limits.maxFileBytes,
      max_files_per_upload: config.limits.maxFilesPerUpload,
    })),

  work: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/work',
        summary: 'The queue, and the worker processes that are alive',
        tags: ['admin'],
        protect: true,
      },
    })
    .output(
      z.object({
        queues: z.array(
          z.object({
            job: z.string(),
            depth: z.number().int().meta({ description: 'Jobs that wait or run.' }),
            failed: z.number().int().meta({ description: 'Jobs that were given up.' }),
          }),
        ),
        workers: z.array(
          z.object({
            id: z.string(),
            host: z.string().nullable().meta({ description: 'Told to administrators of all organizations.' }),
            threads: z.number().int(),
            analysed: z.number().int().meta({ description: 'Pictures looked at since it started.' }),
            started_at: z.iso.datetime(),
            heartbeat_at: z.iso.datetime(),
          }),
        ),
      }),
    )
    .query(async ({ ctx: { db, actor } }) => {
      const [queues, workers] = await Promise.all([queueDepths(db), liveWorkers(db)]);
      return {
        queues,
        workers: workers.map((worker) => ({
          id: worker.id,
          // What the operator calls his machines is none of his customers' business; how much there is, `/health` says.
          host: administersAll(actor) ? worker.host : null,
          threads: worker.threads,
          analysed: worker.stats.imagesAnalysed,
          started_at: worker.startedAt.toISOString(),
          heartbeat_at: worker.heartbeatAt.toISOString(),
        })),
      };
    }),
});
