import { z } from 'zod';
import type { Session } from '../../../models/session.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn, withPassword } from '../../trpc/procedures.js';
import { listSessions } from './list.js';
import { endSession, logOutEverywhere } from './log-out.js';

const sessionSchema = z.object({
  id: z.uuid(),
  current: z.boolean().meta({ description: 'Whether this call comes from it.' }),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: z.iso.datetime(),
  refreshed_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});

const presentSession = (session: Session, currentId: string | null): z.infer<typeof sessionSchema> => ({
  id: session.id,
  current: session.id === currentId,
  ip: session.ip,
  user_agent: session.userAgent,
  created_at: session.createdAt.toISOString(),
  refreshed_at: session.refreshedAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
});

export const sessionsRouter = router({
  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/auth/sessions',
        summary: 'Where you are signed in, newest first',
        tags: ['auth'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object(pageInput))
    .output(z.array(sessionSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listSessions(ctx.db, ctx.actor.id, input);
      const currentId = ctx.credential.kind === 'session' ? ctx.credential.sessionId : null;
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((session) => presentSession(session, currentId));
    }),

  end: withPassword
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/auth/sessions/{session_id}',
        summary: 'End one of your sessions',
        tags: ['auth'],
        protect: true,
      },
    })
    .input(z.object({ session_id: z.uuid() }))
    .output(z.object({ status: z.literal('ended'), session_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      await endSession(ctx.db, ctx, { sessionId: input.session_id, ownerId: ctx.actor.id });
      return { status: 'ended' as const, session_id: input.session_id };
    }),

  logOut: withPassword
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/logout',
        summary: 'Log out here',
        description: 'Ends the session: its access and refresh tokens stop working at once.',
        tags: ['auth'],
        protect: true,
      },
    })
    .output(z.object({ status: z.literal('logged_out') }))
    .mutation(async ({ ctx }) => {
      await endSession(ctx.db, ctx, { sessionId: ctx.credential.sessionId });
      return { status: 'logged_out' as const };
    }),

  logOutEverywhere: withPassword
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/logout/all',
        summary: 'Log out everywhere',
        description: 'Ends all your sessions, this one included. Personal access tokens stay.',
        tags: ['auth'],
        protect: true,
      },
    })
    .output(z.object({ status: z.literal('logged_out'), sessions_ended: z.number().int() }))
    .mutation(async ({ ctx }) => ({
      status: 'logged_out' as const,
      sessions_ended: await logOutEverywhere(ctx.db, ctx),
    })),
});
