import { z } from 'zod';
import type { DatasetExport } from '../../../models/dataset-export.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import { findRequest } from '../requests/find.js';
import { createExport, MOST_OF_CUSTOMER, MOST_OF_REQUEST, MOST_UNDER_WAY } from './create.js';
import type { ExportUrls } from './export-urls.js';
import { findExport, listExports } from './find.js';
import { exportFormats, includesRejectedByDefault } from './format.js';
import { EXPORTS_KEPT_DAYS } from './sweep.js';

const count = z.number().int();

const exportSchema = z.object({
  id: z.uuid(),
  request_id: z.uuid(),
  format: z.enum(exportFormats),
  include_rejected: z.boolean(),
  status: z.enum(['queued', 'running', 'completed', 'failed']),
  images_total: count,
  images_done: count,
  images_missing: count.meta({ description: 'Images left out because their file is no longer in storage.' }),
  size_bytes: count.nullable().meta({ description: 'Once completed.' }),
  error: z.string().nullable().meta({ description: 'Why it failed.' }),
  created_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable().meta({ description: 'When it was completed or failed.' }),
  download_url: z.url().nullable().meta({
    description: 'Once completed: where to fetch it without credentials, for an hour. Ask again for another one.',
  }),
});

const presentExport = (row: DatasetExport, urls: ExportUrls): z.infer<typeof exportSchema> => ({
  id: row.id,
  request_id: row.requestId,
  format: row.format,
  include_rejected: row.includeRejected,
  status: row.status,
  images_total: row.imagesTotal,
  images_done: row.imagesDone,
  images_missing: row.imagesMissing,
  size_bytes: row.bytes,
  error: row.error,
  created_at: row.createdAt.toISOString(),
  completed_at: row.completedAt?.toISOString() ?? null,
  download_url: urls.download(row),
});

export const exportsRouter = router({
  create: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests/{request_id}/exports',
        summary: 'Order an export of the images and labels, or of the QC report',
        description:
          'It is made in the background. `jsonl`, `csv` and `coco` tell of the images; `imagefolder` and `huggingface` ' +
          'are ZIP archives with them; `qc_csv` and `qc_html` are the report of quality control. The labels are the ' +
          `consensus of all labelers. 409 while one like it, or ${MOST_UNDER_WAY} of the customer’s, are being made.`,
        tags: ['exports'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          format: z.enum(exportFormats),
          include_rejected: z.boolean().optional().meta({
            description:
              'Whether images rejected as duplicates are in it: in QC reports, unless given, and nowhere else.',
          }),
        })
        .meta({ examples: [{ format: 'coco' }] }),
    )
    .output(exportSchema)
    .mutation(async ({ ctx, input: { request_id: requestId, format, include_rejected: asked } }) => {
      const request = await findRequest(ctx.db, ctx.actor, requestId, 'write');
      const order = { format, includeRejected: asked ?? includesRejectedByDefault(format) };
      return presentExport(await createExport(ctx.db, ctx.actor, request, order), ctx.exportUrls);
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/exports',
        summary: "List a request's exports, newest first",
        description:
          `They are kept for ${EXPORTS_KEPT_DAYS} days, the newest ${MOST_OF_REQUEST} of a request and ` +
          `${MOST_OF_CUSTOMER} of a customer.`,
        tags: ['exports'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ request_id: z.uuid(), ...pageInput }))
    .output(z.array(exportSchema))
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'readUploads');
      const { rows, total } = await listExports(ctx.db, request.id, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((row) => presentExport(row, ctx.exportUrls));
    }),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/exports/{export_id}',
        summary: 'An export, how far it has come, and where to fetch it',
        tags: ['exports'],
        protect: true,
      },
    })
    .input(z.object({ export_id: z.uuid() }))
    .output(exportSchema)
    .query(async ({ ctx, input }) =>
      presentExport(await findExport(ctx.db, ctx.actor, input.export_id), ctx.exportUrls),
    ),
});
