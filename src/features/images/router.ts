import { z } from 'zod';
import type { Context } from '../../trpc/context.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { clinician, router, signedIn } from '../../trpc/procedures.js';
import type { Actor } from '../auth/actor.js';
import { stageSchema, toStage, type Stage } from '../classifications/stage.js';
import { deleteClinicalImage } from './delete-clinical.js';
import { findClinicalImage } from './find.js';
import { findReadableImage } from './find-readable-image.js';
import { listClinicalImages } from './list.js';
import { imageSchema, presentImage } from './present.js';
import { receiveClinical } from './receive-clinical.js';

const uploadedSchema = z.object({
  success: z.literal(true),
  upload_batch_id: z.uuid(),
  uploaded: z.number().int().meta({ description: 'Images the call stands for, those there already included.' }),
  repeated: z.number().int().meta({ description: 'Files that brought nothing new: the user had sent them before.' }),
  images: z.array(imageSchema).meta({ description: 'In the order sent.' }),
  errors: z.array(z.object({ filename: z.string(), code: z.string(), message: z.string() })).meta({
    description: 'Files that were not taken, and why.',
  }),
});

interface ReceiveOptions {
  field: 'images' | 'image';
  maxFiles?: number;
  stage?: Stage;
}

async function receive(ctx: Context & { actor: Actor }, { field, maxFiles, stage }: ReceiveOptions) {
  const keyPrefix = `clinical/${ctx.actor.id}`;
  const received = await ctx.receiveFiles({ fields: [field], keyPrefix, ...(maxFiles && { maxFiles }) });
  const kept = await receiveClinical(ctx, ctx.actor.id, received, { field, ...(stage && { stage }) });
  const images = kept.images.map((image) => presentImage(image, ctx.pictureUrls));
  return {
    success: true as const,
    upload_batch_id: kept.batchId,
    uploaded: images.length,
    repeated: kept.repeated,
    classified: kept.classified,
    images,
    errors: received.rejected,
  };
}

const formDescription =
  'JPEG, PNG or WebP, told by their bytes. A file that is refused costs the others nothing, and one that the user has ' +
  'sent before stands for the image that is there.';

export const imagesRouter = router({
  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/images',
        summary: "List the clinical images of the caller and of his organization's members, newest first",
        tags: ['images'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object(pageInput))
    .output(z.array(imageSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listClinicalImages(ctx.db, ctx.actor, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((image) => presentImage(image, ctx.pictureUrls));
    }),

  upload: clinician
    .meta({
      openapi: {
        method: 'POST',
        path: '/images/upload',
        summary: 'Upload clinical images',
        description: formDescription,
        tags: ['images'],
        protect: true,
      },
      multipart: { fields: ['images'] },
      successStatus: 201,
    })
    .output(uploadedSchema)
    .mutation(({ ctx }) => receive(ctx, { field: 'images' })),

  uploadSingle: clinician
    .meta({
      openapi: {
        method: 'POST',
        path: '/images/upload/single',
        summary: 'Upload one clinical image',
        description: formDescription,
        tags: ['images'],
        protect: true,
      },
      multipart: { fields: ['image'] },
      successStatus: 201,
    })
    .output(uploadedSchema.omit({ images: true }).extend({ image: imageSchema }))
    .mutation(async ({ ctx }) => {
      const { images, ...outcome } = await receive(ctx, { field: 'image', maxFiles: 1 });
      const [image] = images;
      if (!image) throw new Error('A picture was taken and became no image');
      return { ...outcome, image };
    }),

  uploadWithStage: clinician
    .meta({
      openapi: {
        method: 'POST',
        path: '/images/upload/with-stage',
        summary: 'Upload clinical images and classify each',
        description: `${formDescription} All get the stage given.`,
        tags: ['images'],
        protect: true,
      },
      multipart: { fields: ['images'] },
      query: ['stage'],
      successStatus: 201,
    })
    .input(z.object({ stage: stageSchema }))
    .output(uploadedSchema.extend({ stage: stageSchema, classified: z.number().int() }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await receive(ctx, { field: 'images', stage: toStage(input.stage) });
      return { ...outcome, stage: input.stage };
    }),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/images/{image_id}',
        summary: 'One clinical image',
        tags: ['images'],
        protect: true,
      },
    })
    .input(z.object({ image_id: z.uuid() }))
    .output(imageSchema)
    .query(async ({ ctx, input }) => {
      const image = await findClinicalImage(ctx.db, ctx.actor, input.image_id, 'read');
      return presentImage(image, ctx.pictureUrls);
    }),

  delete: clinician
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/images/{image_id}',
        summary: 'Delete a clinical image with its classifications',
        description: 'For its owner and his administrators.',
        tags: ['images'],
        protect: true,
      },
    })
    .input(z.object({ image_id: z.uuid() }))
    .output(z.object({ status: z.literal('deleted'), image_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const image = await deleteClinicalImage(ctx.db, ctx, input.image_id);
      return { status: 'deleted' as const, image_id: image.id };
    }),

  aiHeatmap: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/images/{image_id}/ai-heatmap',
        summary: 'Show where a picture looks generated',
        description:
          'For whoever may read the request. The address shows a WebP of at most 512 px, from blue (as a photo) to red ' +
          '(as generated), without credentials until it expires. The map is made when it is first looked at, which ' +
          'takes a moment; 503 with `Retry-After` where it takes longer, 404 where the picture cannot be decoded.',
        tags: ['qc'],
        protect: true,
      },
    })
    .input(z.object({ image_id: z.uuid() }))
    .output(z.object({ image_id: z.uuid(), url: z.url() }))
    .query(async ({ ctx, input }) => {
      const image = await findReadableImage(ctx.db, ctx.actor, input.image_id);
      return { image_id: image.id, url: ctx.pictureUrls.heatMap(image) };
    }),
});
