import { z } from 'zod';
import type { Image } from '../../../models/image.js';
import { announcePage, picturePageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import type { PictureUrls } from '../images/picture-urls.js';
import { findRequest } from '../requests/find.js';
import { completeUploads } from './complete.js';
import { deleteUpload } from './delete.js';
import { listUploads } from './list.js';
import { presignUploads } from './presign.js';
import { receiveUpload } from './receive.js';

const contentTypeSchema = z.enum(
  ['image/jpeg', 'image/png', 'image/webp'],
  'Announce image/jpeg, image/png or image/webp.',
);

/** Browsers and Python's mimetypes disagree on the name; pictures are judged by their bytes anyway. */
const announcedTypeSchema = z.preprocess((type) => (type === 'image/jpg' ? 'image/jpeg' : type), contentTypeSchema);

const outcomeSchema = z.object({
  request_id: z.uuid(),
  uploaded: z.number().int().meta({ description: 'Files that became images.' }),
  skipped: z.number().int().meta({ description: 'Files that the request held already, byte for byte.' }),
  errors: z.array(z.object({ filename: z.string(), code: z.string(), message: z.string() })).meta({
    description: 'Files that were not taken, and why.',
  }),
});

const uploadSchema = z.object({
  image_id: z.uuid(),
  filename: z.string(),
  key: z.string(),
  etag: z.string(),
  content_type: contentTypeSchema,
  size_bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  created_at: z.iso.datetime(),
  decision: z
    .enum(['keep', 'reject'])
    .nullable()
    .meta({ description: 'What was decided on the picture among its duplicates.' }),
  preview_url: z.url().nullable().meta({
    description: 'A WebP of at most 512 px, shown without credentials until it expires; null if none can be made.',
  }),
});

function presentUpload(image: Image, urls: PictureUrls): z.infer<typeof uploadSchema> {
  return {
    image_id: image.id,
    filename: image.filename,
    key: image.storageKey,
    etag: image.etag,
    content_type: image.contentType,
    size_bytes: image.bytes,
    width: image.width,
    height: image.height,
    created_at: image.createdAt.toISOString(),
    decision: image.duplicateDecision,
    preview_url: urls.preview(image),
  };
}

export const uploadsRouter = router({
  upload: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests/{request_id}/uploads',
        summary: 'Upload pictures',
        description: 'JPEG, PNG or WebP, told by their bytes. A file that is refused costs the others nothing.',
        tags: ['uploads'],
        protect: true,
      },
      multipart: { fields: ['files'] },
    })
    .input(z.object({ request_id: z.uuid() }))
    .output(outcomeSchema)
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'write');
      const received = await ctx.receiveFiles({ fields: ['files'], keyPrefix: `images/${request.id}` });
      const kept = await receiveUpload(ctx, request, received);
      return { request_id: request.id, ...kept, errors: received.rejected };
    }),

  presign: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/uploads/presign',
        summary: 'Get addresses to upload pictures to directly',
        description: 'PUT each file to its `url` with exactly these `headers`, then report the keys as complete.',
        tags: ['uploads'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          files: z
            .array(
              z.object({
                filename: z.string().min(1).max(10_000),
                content_type: announcedTypeSchema,
                size_bytes: z.number().int().positive().optional(),
              }),
            )
            .min(1),
        })
        .meta({
          examples: [
            {
              request_id: '01941f29-7c00-7000-8000-000000000000',
              files: [{ filename: 'sign.jpg', content_type: 'image/jpeg' }],
            },
          ],
        }),
    )
    .output(
      z.object({
        uploads: z.array(
          z.object({
            filename: z.string(),
            url: z.url(),
            method: z.literal('PUT'),
            headers: z.record(z.string(), z.string()),
            key: z.string(),
          }),
        ),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'write');
      return { uploads: await presignUploads(ctx, ctx.actor, request, input.files) };
    }),

  complete: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/uploads/complete',
        summary: 'Report directly uploaded pictures as complete',
        tags: ['uploads'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          uploaded: z
            .array(
              z.object({
                filename: z.string().max(10_000),
                key: z.string().max(300),
                etag: z.string().max(300).nullish(),
              }),
            )
            .min(1)
            .max(1000),
        })
        .meta({
          examples: [
            {
              request_id: '01941f29-7c00-7000-8000-000000000000',
              uploaded: [{ filename: 'sign.jpg', key: 'incoming/…', etag: null }],
            },
          ],
        }),
    )
    .output(outcomeSchema.extend({ status: z.literal('ok') }))
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'write');
      const { uploaded, skipped, rejected } = await completeUploads(ctx, ctx.actor, request, input.uploaded);
      return { status: 'ok' as const, request_id: request.id, uploaded, skipped, errors: rejected };
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/uploads',
        summary: "List a request's pictures, newest first",
        tags: ['uploads'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        request_id: z.uuid(),
        ...picturePageInput,
        q: z.string().max(200).optional().meta({ description: 'Part of the file name.' }),
      }),
    )
    .output(z.array(uploadSchema))
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'readUploads');
      const { rows, total } = await listUploads(ctx.db, request.id, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((image) => presentUpload(image, ctx.pictureUrls));
    }),

  delete: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/requests/{request_id}/uploads/{image_id}',
        summary: 'Delete a picture with its results and labels',
        tags: ['uploads'],
        protect: true,
      },
    })
    .input(z.object({ request_id: z.uuid(), image_id: z.uuid() }))
    .output(z.object({ status: z.literal('deleted'), image_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'write');
      await deleteUpload(ctx.db, request, input.image_id);
      return { status: 'deleted' as const, image_id: input.image_id };
    }),
});
