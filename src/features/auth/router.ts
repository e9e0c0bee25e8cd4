import { z } from 'zod';
import { limited, publicProcedure, router, signedIn, withPassword } from '../../trpc/procedures.js';
import { refreshSession } from '../sessions/refresh.js';
import { findUser } from '../users/find.js';
import { presentUser, userSchema } from '../users/present.js';
import { changePassword } from './change-password.js';
import { logIn } from './login.js';
import { newPasswordSchema } from './password-rules.js';
import { presentTokens, tokensSchema } from './present-tokens.js';

const password = z.string().min(1).max(1024);
const name = z.string().trim().min(1).max(320);

const loginAnswerSchema = tokensSchema.extend({
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
        description:
          'The access token goes into `Authorization: Bearer …` and lasts 15 minutes; the refresh token gets a new one ' +
          'for 24 hours. Five failures lock the account for 15 minutes.',
        tags: ['auth'],
        protect: false,
        errorResponses: [401, 423, 503],
      },
    })
    .use(limited('login'))
    .input(
      z
        .object({ username: name.optional(), email: name.optional(), password })
        .refine(({ username, email }) => username ?? email, {
          path: ['username'],
          error: 'Give a username or an e-mail.',
        })
        .meta({ examples: [{ username: 'admin@example.com', password: 'SecurePass123' }] }),
    )
    .output(loginAnswerSchema)
    .mutation(async ({ ctx, input }) => {
      const credentials = { name: input.username ?? input.email ?? '', password: input.password };
      const { user, issued } = await logIn(ctx, ctx, credentials);
      const presented = presentUser(user);
      const { id, role, roles } = presented;
      return { ...presentTokens(issued), role, roles, user_id: id, user: presented };
    }),

  refresh: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/refresh',
        summary: 'Exchange a refresh token for new tokens',
        description:
          'A refresh token is good once: keep the new one. One that comes back later than ten seconds after ' +
          'its exchange ends the session.',
        tags: ['auth'],
        protect: false,
        errorResponses: [401],
      },
    })
    .input(z.object({ refresh: z.string().min(1).max(4096) }).meta({ examples: [{ refresh: 'eyJhbGciOi…' }] }))
    .output(tokensSchema)
    .mutation(async ({ ctx, input }) => presentTokens(await refreshSession(ctx, input.refresh, ctx))),

  me: signedIn
    .meta({
      openapi: { method: 'GET', path: '/auth/me', summary: 'The signed-in user', tags: ['auth'], protect: true },
    })
    .output(userSchema)
    .query(async ({ ctx }) => presentUser(await findUser(ctx.db, ctx.actor.id))),

  changePassword: withPassword
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/password',
        summary: 'Change your password',
        description: 'Ends all your other sessions. Personal access tokens stay.',
        tags: ['auth'],
        protect: true,
        errorResponses: [423, 503],
      },
    })
    .use(limited('login'))
    .input(
      z
        .object({ current_password: password, new_password: newPasswordSchema })
        .meta({ examples: [{ current_password: 'SecurePass123', new_password: 'another one, longer' }] }),
    )
    .output(z.object({ status: z.literal('changed') }))
    .mutation(async ({ ctx, input }) => {
      const { current_password: current, new_password: next } = input;
      await changePassword(ctx.db, ctx, { sessionId: ctx.credential.sessionId, current, next });
      return { status: 'changed' as const };
    }),

  csrf: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/auth/csrf',
        summary: 'Nothing, for clients that ask for a CSRF token first',
        description: 'Bearer tokens are not sent by browsers of their own accord, so there is nothing to protect.',
        tags: ['auth'],
        protect: false,
      },
    })
    .output(z.void())
    .query(() => undefined),
});
