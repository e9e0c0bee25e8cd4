import { z } from 'zod';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { signedIn } from '../../trpc/procedures.js';
import { findRequest } from '../requests/find.js';
import { listGold, setGold } from './gold.js';
import { labelQuality, PAUSE_SECONDS } from './label-quality.js';
import { labelledImageSchema, presentLabelledImage } from './labelled-image.js';

const count = z.number().int();
const kappa = z.number().nullable().meta({
  description: "Fleiss' kappa: at most 1; 0 is what chance would bring; null where it is not defined.",
});
const labels = z.array(z.string().max(100)).max(1000);

const labelerSchema = z.object({
  user_id: z.uuid(),
  username: z.string(),
  name: z.string(),
  images_labeled: count,
  labels_per_hour: z
    .number()
    .nullable()
    .meta({
      description: `By the time between labels; more than ${PAUSE_SECONDS} seconds are a break. Null before the second.`,
    }),
  median_seconds_per_image: z.number().nullable(),
  gold_images: count.meta({ description: 'Images with a known answer among those he labelled.' }),
  gold_correct: count.meta({ description: 'Of these, with exactly the known labels.' }),
  gold_accuracy: z.number().nullable(),
});

/** How good a request's labels are: for administrators, since labelers are not to know by what they are measured. */
export const qualityProcedures = {
  quality: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/label-quality',
        summary: 'How far labelers agree, how fast and how well they work',
        description: 'For administrators. Rejected images do not count.',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(z.object({ request_id: z.uuid() }))
    .output(
      z.object({
        request_id: z.uuid(),
        overlap: count.nullable(),
        images_total: count,
        images_labeled: count,
        agreement: z.object({
          kappa,
          kappa_per_class: z
            .array(z.object({ class: z.string(), kappa }))
            .meta({ description: 'Of each class, chosen or not.' }),
          images: count.meta({ description: 'Images that two or more labelers labelled.' }),
          raters: count.meta({ description: 'Labelers who labelled one of those.' }),
        }),
        ties: count.meta({ description: 'Images on which the labelers are evenly divided.' }),
        labelers: z.array(labelerSchema).meta({ description: 'Most images first, at most 1,000.' }),
      }),
    )
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'assign');
      const quality = await labelQuality(ctx.db, request);
      return {
        request_id: request.id,
        overlap: request.overlap,
        images_total: quality.imagesTotal,
        images_labeled: quality.imagesLabeled,
        agreement: {
          kappa: quality.kappa,
          kappa_per_class: quality.kappaPerClass,
          images: quality.images,
          raters: quality.raters,
        },
        ties: quality.ties,
        labelers: quality.labelers.map((labeler) => ({
          user_id: labeler.id,
          username: labeler.username,
          name: labeler.name,
          images_labeled: labeler.images,
          labels_per_hour: labeler.labelsPerHour,
          median_seconds_per_image: labeler.medianSeconds,
          gold_images: labeler.goldImages,
          gold_correct: labeler.goldCorrect,
          gold_accuracy: labeler.goldImages > 0 ? labeler.goldCorrect / labeler.goldImages : null,
        })),
      };
    }),

  setGold: signedIn
    .meta({
      openapi: {
        method: 'PUT',
        path: '/requests/{request_id}/gold',
        summary: 'Say which labels images are known to deserve',
        description:
          'For administrators. By these images labelers are measured, who cannot tell them from others. Those not named ' +
          'stay as they are; an empty list of labels takes an answer away.',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          images: z
            .array(z.object({ image_id: z.uuid(), labels }))
            .min(1)
            .max(1000),
        })
        .meta({ examples: [{ images: [{ image_id: '01941f29-7c00-7000-8000-000000000000', labels: ['stop'] }] }] }),
    )
    .output(z.object({ request_id: z.uuid(), gold_images: count.meta({ description: 'That have an answer now.' }) }))
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'assign');
      const answers = input.images.map((image) => ({ imageId: image.image_id, classes: image.labels }));
      return { request_id: request.id, gold_images: await setGold(ctx.db, ctx.actor, request, answers) };
    }),

  listGold: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/gold',
        summary: 'Images whose labels are known',
        tags: ['tasks'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ request_id: z.uuid(), ...pageInput }))
    .output(z.array(labelledImageSchema))
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'assign');
      const { rows, total } = await listGold(ctx.db, request.id, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ imageId }) => imageId });
      return page.flatMap(({ image, classes }) => (image ? presentLabelledImage(image, classes, ctx.pictureUrls) : []));
    }),
};
