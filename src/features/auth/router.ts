import { z } from 'zod';
import { publicProcedure, router, signedIn } from '../../trpc/procedures.js';
import { presentUser, userSchema } from '../users/present.js';
import { findUser } from '../users/find.js';
import { checkCredentials } from './login.js';
import { ACCESS_TOKEN_SECONDS } from './token-signer.js';

const password = z.string().min(1).max(1024);
const name = z.string().trim().min(1).max(320);

const sessionSchema = z.object({
  access_token: z.string(),
  token: z.string(),
  access: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().meta({ description: 'Seconds until the access token expires.' }),
  role: userSchema.shape.role,
  roles: userSchema.shape.roles,
  user_id: z.uuid(),
  user: userSchema,
});

export const authRouter = router({
  login: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/login',
        summary: 'Log in with a username or e-mail and a password',
        description: 'The access token goes into `Authorization: Bearer …` and lasts 15 minutes.',
        tags: ['auth'],
        protect: false,
        errorResponses: [401],
      },
    })
    .input(
      z
        .object({ username: name.optional(), email: name.optional(), password })
        .refine(({ username, email }) => username ?? email, {
          path: ['username'],
          error: 'Give a username or an e-mail.',
        })
        .meta({ examples: [{ username: 'admin@example.com', password: 'SecurePass123' }] }),
    )
    .output(sessionSchema)
    .mutation(async ({ ctx, input }) => {
      const user = await checkCredentials(ctx.db, input.username ?? input.email ?? '', input.password);
      const token = await ctx.tokens.signAccessToken(user.id);
      const presented = presentUser(user);
      return {
        access_token: token,
        token,
        access: token,
        token_type: 'Bearer' as const,
        expires_in: ACCESS_TOKEN_SECONDS,
        role: presented.role,
        roles: presented.roles,
        user_id: user.id,
        user: presented,
      };
    }),

  me: signedIn
    .meta({
      openapi: { method: 'GET', path: '/auth/me', summary: 'The signed-in user', tags: ['auth'], protect: true },
    })
    .output(userSchema)
    .query(async ({ ctx }) => presentUser(await findUser(ctx.db, ctx.actor.id))),
});
