import { z } from 'zod';
import { router, signedIn } from '../../trpc/procedures.js';
import { findReadableImage } from './find-readable-image.js';

export const imagesRouter = router({
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
