import { z } from 'zod';
import type { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn, withPassword } from '../../trpc/procedures.js';
import { createToken } from './create.js';
import { listTokens } from './list.js';
import { revokeToken } from './revoke.js';

const scopeSchema = z.enum(['read', 'write']).meta({ description: '`read`: may call what changes nothing.' });

const tokenSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  scope: scopeSchema,
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'To within five minutes.' }),
});

const presentToken = (token: PersonalAccessToken): z.infer<typeof tokenSchema> => ({
  id: token.id,
  name: token.name,
  scope: token.scope,
  created_at: token.createdAt.toISOString(),
  expires_at: token.expiresAt.toISOString(),
  last_used_at: token.lastUsedAt?.toISOString() ?? null,
});

export const tokensRouter = router({
  create: withPassword
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/tokens',
        summary: 'Make a personal access token',
        description: 'It goes wherever an access token does, as Bearer. It is shown once: keep it.',
        tags: ['auth'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          name: z.string().trim().min(1).max(100),
          scope: scopeSchema.default('read'),
          expires_in_days: z.number().int().min(1).max(366).default(90),
        })
        .meta({ examples: [{ name: 'nightly import', scope: 'write', expires_in_days: 90 }] }),
    )
    .output(tokenSchema.extend({ token: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { token, text } = await createToken(ctx.db, ctx, { ...input, expiresInDays: input.expires_in_days });
      return { ...presentToken(token), token: text };
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/auth/tokens',
        summary: 'Your personal access tokens, newest first',
        tags: ['auth'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object(pageInput))
    .output(z.array(tokenSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listTokens(ctx.db, ctx.actor.id, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map(presentToken);
    }),

  revoke: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/auth/tokens/{token_id}',
        summary: 'Revoke a personal access token',
        tags: ['auth'],
        protect: true,
      },
    })
    .input(z.object({ token_id: z.uuid() }))
    .output(z.object({ status: z.literal('revoked'), token_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      await revokeToken(ctx.db, ctx, input.token_id);
      return { status: 'revoked' as const, token_id: input.token_id };
    }),
});
