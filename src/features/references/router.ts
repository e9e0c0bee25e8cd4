import { z } from 'zod';
import { forbidden } from '../../errors.js';
import { router, withRole } from '../../trpc/procedures.js';
import { administersAll } from '../auth/actor.js';
import { addReferences } from './add.js';

export const referencesRouter = router({
  add: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/references',
        summary: 'Make pictures known by hash and address',
        description:
          'Quality control matches every picture against them, and answers the address as `source_url`. They hold for ' +
          'everyone, so only administrators of all organizations add them.',
        tags: ['admin'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          references: z
            .array(
              z.object({
                source_url: z.url({ protocol: /^https?$/ }).max(2000),
                pdq: z.hex().length(64).meta({ description: 'A PDQ hash, 256 bits in hexadecimal.' }),
                quality: z.number().int().min(0).max(100).default(100),
              }),
            )
            .min(1)
            .max(5000),
        })
        .meta({ examples: [{ references: [{ source_url: 'https://example.com/known.jpg', pdq: 'f8'.repeat(32) }] }] }),
    )
    .output(z.object({ added: z.number().int(), skipped: z.number().int().meta({ description: 'Known before.' }) }))
    .mutation(async ({ ctx, input }) => {
      if (!administersAll(ctx.actor)) throw forbidden('Only an administrator of all organizations adds references.');
      const pictures = input.references.map(({ source_url: sourceUrl, pdq, quality: pdqQuality }) => ({
        sourceUrl,
        pdq: Buffer.from(pdq, 'hex'),
        pdqQuality,
      }));
      const added = await addReferences(ctx.db, ctx, pictures);
      return { added, skipped: pictures.length - added };
    }),
});
