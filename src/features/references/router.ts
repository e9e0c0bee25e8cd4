import { z } from 'zod';
import { forbidden } from '../../errors.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, withRole } from '../../trpc/procedures.js';
import { type Actor, administersAll } from '../auth/actor.js';
import { addReferences } from './add.js';
import { deleteReference } from './delete.js';
import { listReferences } from './list.js';

/** They hold for everyone. */
function mustAdministerAll(actor: Actor): void {
  if (!administersAll(actor)) throw forbidden('Only an administrator of all organizations sees to references.');
}

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
      mustAdministerAll(ctx.actor);
      const pictures = input.references.map(({ source_url: sourceUrl, pdq, quality: pdqQuality }) => ({
        sourceUrl,
        pdq: Buffer.from(pdq, 'hex'),
        pdqQuality,
      }));
      const added = await addReferences(ctx.db, ctx, pictures);
      return { added, skipped: pictures.length - added };
    }),

  list: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/references',
        summary: 'List the known pictures, newest first',
        description: 'For administrators of all organizations.',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        ...pageInput,
        q: z.string().trim().max(200).optional().meta({ description: 'Part of the address.' }),
      }),
    )
    .output(
      z.array(
        z.object({
          id: z.uuid(),
          source_url: z.string(),
          pdq: z.string(),
          quality: z.number().int(),
          has_picture: z
            .boolean()
            .meta({ description: 'Whether the picture itself was looked at, or only its hash is known.' }),
          created_at: z.iso.datetime(),
        }),
      ),
    )
    .query(async ({ ctx, input }) => {
      mustAdministerAll(ctx.actor);
      const { rows, total } = await listReferences(ctx.db, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((reference) => ({
        id: reference.id,
        source_url: reference.sourceUrl,
        pdq: reference.pdq.toString('hex'),
        quality: reference.pdqQuality,
        has_picture: reference.sha256 !== null,
        created_at: reference.createdAt.toISOString(),
      }));
    }),

  delete: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/admin/references/{reference_id}',
        summary: 'Make a picture known no longer',
        description: 'What had matched it is matched anew. For administrators of all organizations.',
        tags: ['admin'],
        protect: true,
      },
    })
    .input(z.object({ reference_id: z.uuid() }))
    .output(z.object({ status: z.literal('deleted'), reference_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      mustAdministerAll(ctx.actor);
      await deleteReference(ctx.db, ctx, input.reference_id);
      return { status: 'deleted' as const, reference_id: input.reference_id };
    }),
});
