import { z } from 'zod';
import { forbidden } from '../../errors.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { publicProcedure, router, signedIn, withRole } from '../../trpc/procedures.js';
import { createUser } from './create.js';
import { grantRole } from './grant-role.js';
import { listUsers } from './list.js';
import { presentUser, userSchema } from './present.js';

const newUserSchema = z
  .object({
    email: z.email('Enter a valid email address.').max(320),
    password: z.string().min(8, 'Password too short (min 8 chars).').max(1024),
    name: z.string().trim().min(1).max(200),
    username: z
      .string()
      .regex(/^[\p{L}\p{N}._-]{1,64}$/u, 'Use letters, digits, dots, hyphens and underscores only, at most 64.')
      .optional(),
  })
  .meta({ examples: [{ email: 'user@example.com', password: 'SecurePass123', name: 'John Doe' }] });

export const usersRouter = router({
  create: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users',
        summary: 'Register a user',
        description: 'Public while registration is open; otherwise only administrators create users.',
        tags: ['users'],
        protect: false,
        errorResponses: [403],
      },
      successStatus: 201,
    })
    .input(newUserSchema)
    .output(userSchema)
    .mutation(async ({ ctx, input }) => {
      const administers = ctx.actor?.roles.some((role) => role === 'ADMIN' || role === 'SUPER_ADMIN');
      if (!ctx.config.registrationOpen && !administers) {
        throw forbidden('Registration is closed: ask an administrator for an account.');
      }
      return presentUser(await createUser(ctx.db, input));
    }),

  adminList: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/users',
        summary: 'List the users the administrator administers, newest first',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        ...pageInput,
        q: z.string().max(200).optional().meta({ description: 'Part of the name, the username or the e-mail.' }),
      }),
    )
    .output(z.array(userSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listUsers(ctx.db, ctx.actor, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map(presentUser);
    }),

  grantRole: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/roles',
        summary: 'Give a user a role',
        description:
          'For administrators. While nobody administers the system, outside production, a user may make himself the ' +
          'first administrator.',
        tags: ['users'],
        protect: true,
      },
    })
    .input(
      z
        .object({ id: z.string().max(64), role_code: z.string().max(64) })
        .meta({ examples: [{ id: '01941f29-7c00-7000-8000-000000000000', role_code: 'ADMIN' }] }),
    )
    .output(userSchema)
    .mutation(async ({ ctx, input }) => {
      const firstRunClaim = !ctx.config.production && ctx.config.firstAdmin === undefined;
      const grant = { userId: input.id, roleCode: input.role_code, firstRunClaim };
      return presentUser(await grantRole(ctx.db, ctx.actor, grant));
    }),
});
