import { z } from 'zod';
import { announcePage } from '../../trpc/pagination.js';
import { limited, router, signedIn, strangerOrSignedIn, withRole } from '../../trpc/procedures.js';
import { classificationCounts } from '../classifications/counts.js';
import { deleteUser } from './delete.js';
import { findVisibleUser } from './find.js';
import { allowsFirstRunClaim } from './first-run-claim.js';
import { grantRole } from './grant-role.js';
import { newUserSchema, userChangesSchema, userListSchema } from './input.js';
import { listUsers } from './list.js';
import { accountSchema, listedUserSchema, presentAccount } from './present.js';
import { registerUser } from './register.js';
import { removeRole } from './remove-role.js';
import { updateUser } from './update.js';

const userId = z.string().max(64);
const roleExample = { id: '01941f29-7c00-7000-8000-000000000000', role_code: 'ADMIN' };

export const usersRouter = router({
  create: strangerOrSignedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/users',
        summary: 'Register a user',
        description:
          'Public while registration is open; otherwise only administrators create users. Whom an organization’s ' +
          'administrator creates belongs to that organization.',
        tags: ['users'],
        protect: false,
        errorResponses: [401, 403],
      },
      aliases: [{ method: 'POST', path: '/auth/register' }],
      successStatus: 201,
    })
    .use(limited('registration'))
    .input(newUserSchema)
    .output(accountSchema)
    .mutation(async ({ ctx, input: { organization_id: organizationId, ...fields } }) => {
      const { registrationOpen } = ctx.config;
      return presentAccount(await registerUser(ctx.db, ctx, { ...fields, organizationId }, { registrationOpen }));
    }),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/users/{id}',
        summary: 'One user',
        description: 'For himself and who administers him.',
        tags: ['users'],
        protect: true,
      },
    })
    .input(z.object({ id: userId }).meta({ examples: [{ id: roleExample.id }] }))
    .output(accountSchema)
    .query(async ({ ctx, input }) => presentAccount(await findVisibleUser(ctx.db, ctx.actor, input.id))),

  update: signedIn
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/users/{id}',
        summary: 'Change a user',
        description:
          'What is not given stays. The profile (`name`, `email`, `username`, `coren`, `specialty`, `institution`) is ' +
          'his own and his administrators’ to change; he changes his own e-mail or username with `current_password`. ' +
          'Administrators set `is_active` and `roles`, those of all organizations `organization_id`. A deactivated ' +
          'user’s sessions and tokens end at once and do not come back; a user who is moved takes along what he owns. ' +
          'The last active SUPER_ADMIN stays one (409).',
        tags: ['users'],
        protect: true,
      },
    })
    .input(userChangesSchema)
    .output(accountSchema)
    .mutation(async ({ ctx, input }) => {
      const { id, organization_id, is_active, current_password, ...changes } = input;
      const update = {
        ...changes,
        organizationId: organization_id,
        isActive: is_active,
        currentPassword: current_password,
      };
      return presentAccount(await updateUser(ctx.db, ctx, id, update));
    }),

  delete: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/users/{id}',
        summary: 'Delete a user and all that says who he was',
        description:
          'For administrators, and for himself with `current_password`. Name, e-mail, sessions, tokens, roles and ' +
          'webhooks are gone at once and for good; labels, reviews, classifications and clinical images stay, as those ' +
          'of a “Deleted user”, and so does what the audit log says was done. Who owns requests is deleted only where ' +
          '`requests` says what becomes of them, and the last active administrator not at all (409).',
        tags: ['users'],
        protect: true,
      },
      aliases: [{ method: 'DELETE', path: '/admin/users/{id}' }],
      query: ['requests'],
    })
    .input(
      z
        .object({
          id: userId,
          requests: z
            .enum(['delete', 'keep'])
            .optional()
            .meta({ description: 'Those he owns go with him, or are left to the administrators.' }),
          current_password: z
            .string()
            .max(1024)
            .optional()
            .meta({ description: 'Of the user, where he deletes himself.' }),
        })
        .meta({ examples: [{ id: roleExample.id, requests: 'keep' }] }),
    )
    .output(z.object({ status: z.literal('deleted'), id: z.uuid() }))
    .mutation(async ({ ctx, input: { id, requests, current_password: currentPassword } }) => {
      await deleteUser(ctx.db, ctx, id, { requests, currentPassword });
      return { status: 'deleted' as const, id };
    }),

  adminList: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/users',
        summary: 'List the users the administrator administers, newest first',
        description: 'Page by `cursor`, which the `Link` header carries, or by `offset`.',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(userListSchema)
    .output(z.array(listedUserSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listUsers(ctx.db, ctx.actor, { ...input, isActive: input.is_active });
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      const counts = await classificationCounts(
        ctx.db,
        page.map(({ id }) => id),
      );
      return page.map((user) => ({ ...presentAccount(user), classification_count: counts.get(user.id) ?? 0 }));
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
    .input(z.object({ id: userId, role_code: z.string().max(64) }).meta({ examples: [roleExample] }))
    .output(accountSchema)
    .mutation(async ({ ctx, input }) => {
      const grant = { userId: input.id, roleCode: input.role_code, firstRunClaim: allowsFirstRunClaim(ctx.config) };
      return presentAccount(await grantRole(ctx.db, ctx, grant));
    }),

  removeRole: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/users/{id}/roles/{role_code}',
        summary: 'Take a role from a user',
        description: 'For administrators. The last active SUPER_ADMIN stays one (409).',
        tags: ['users'],
        protect: true,
      },
    })
    .input(z.object({ id: userId, role_code: z.string().max(64) }).meta({ examples: [roleExample] }))
    .output(accountSchema)
    .mutation(async ({ ctx, input }) => {
      return presentAccount(await removeRole(ctx.db, ctx, { userId: input.id, roleCode: input.role_code }));
    }),
});
