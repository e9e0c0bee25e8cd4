import { z } from 'zod';
import { announcePage, orBlank, pageInput } from '../../trpc/pagination.js';
import { clinician, router, signedIn } from '../../trpc/procedures.js';
import { findClinicalImage } from '../images/find.js';
import { classifyImage } from './classify.js';
import { listClassifications } from './list.js';
import { spell, stageSchema, toStage, vocabularyInput } from './stage.js';
import { listUnclassified } from './unclassified.js';

const classificationSchema = z.object({
  id: z.uuid(),
  image_id: z.uuid(),
  stage: stageSchema,
  created_at: z.iso.datetime(),
  observations: z.string(),
});

export const classificationsRouter = router({
  create: clinician
    .meta({
      openapi: {
        method: 'POST',
        path: '/classifications',
        summary: 'Give an image a stage',
        description:
          'Of several by one user the newest counts; the others stay on record. Both spellings of stages are taken, and ' +
          'answered as given.',
        tags: ['classifications'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          image_id: z.uuid(),
          stage: stageSchema,
          observations: z
            .string()
            .max(20_000)
            .nullish()
            .transform((text) => text ?? ''),
        })
        .meta({
          examples: [
            { image_id: '01941f29-7c00-7000-8000-000000000000', stage: 'estagio2', observations: 'Left heel' },
          ],
        }),
    )
    .output(classificationSchema)
    .mutation(async ({ ctx, input }) => {
      const verdict = { stage: toStage(input.stage), observations: input.observations };
      const made = await classifyImage(ctx.db, ctx.actor, input.image_id, verdict);
      return {
        id: made.id,
        image_id: made.imageId,
        stage: input.stage,
        created_at: made.createdAt.toISOString(),
        observations: made.observations,
      };
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/classifications',
        summary: "List an image's classifications, newest first",
        tags: ['classifications'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ image_id: z.uuid(), ...pageInput, ...vocabularyInput }))
    .output(
      z.array(
        classificationSchema.extend({
          user_id: z.uuid(),
          user_name: z.string(),
          counts: z.boolean().meta({ description: "Whether it is its user's newest for the image." }),
        }),
      ),
    )
    .query(async ({ ctx, input }) => {
      const image = await findClinicalImage(ctx.db, ctx.actor, input.image_id, 'read');
      const { rows, total } = await listClassifications(ctx.db, image.id, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map((row) => ({
        id: row.id,
        image_id: row.imageId,
        stage: spell(row.stage, input.vocabulary),
        created_at: row.createdAt.toISOString(),
        observations: row.observations,
        user_id: row.userId,
        user_name: row.userName,
        counts: row.counts,
      }));
    }),

  unclassified: clinician
    .meta({
      openapi: {
        method: 'GET',
        path: '/classifications/classification_images',
        summary: 'List the images that the caller has not classified yet, oldest first',
        tags: ['classifications'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        id: orBlank(z.uuid()).meta({
          description: "An upload batch; the caller's own id, or none, for all he may see.",
        }),
        ...pageInput,
      }),
    )
    .output(z.array(z.object({ id: z.uuid(), url: z.url(), preview_url: z.url().nullable(), filename: z.string() })))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listUnclassified(ctx.db, ctx.actor, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map((image) => ({
        id: image.id,
        url: ctx.pictureUrls.original(image),
        preview_url: ctx.pictureUrls.preview(image),
        filename: image.filename,
      }));
    }),
});
