import { z } from 'zod';
import type { Organization } from '../../../models/organization.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import { createOrganization } from './create.js';
import { deleteOrganization } from './delete.js';
import { findOrganization } from './find.js';
import { listOrganizations } from './list.js';
import { renameOrganization } from './rename.js';

const organizationSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const presentOrganization = (organization: Organization): z.infer<typeof organizationSchema> => ({
  id: organization.id,
  name: organization.name,
  created_at: organization.createdAt.toISOString(),
  updated_at: organization.updatedAt.toISOString(),
});

const organizationId = z.string().max(64);
const name = z.string().trim().min(1).max(200);
const example = { id: '01941f29-7c00-7000-8000-000000000000', name: 'Prefeitura de Curitiba' };

export const organizationsRouter = router({
  create: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/organizations',
        summary: 'Create an organization',
        description: 'For SUPER_ADMINs. Names are unique in any case.',
        tags: ['organizations'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(z.object({ name }).meta({ examples: [{ name: example.name }] }))
    .output(organizationSchema)
    .mutation(async ({ ctx, input }) => presentOrganization(await createOrganization(ctx.db, ctx, input))),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/organizations',
        summary: 'List organizations, newest first',
        description: 'Administrators of all see all, everybody else his own.',
        tags: ['organizations'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ ...pageInput, q: z.string().max(200).optional().meta({ description: 'Part of the name.' }) }))
    .output(z.array(organizationSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listOrganizations(ctx.db, ctx.actor, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map(presentOrganization);
    }),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/organizations/{id}',
        summary: 'One organization',
        description: 'For its members and administrators of all.',
        tags: ['organizations'],
        protect: true,
      },
    })
    .input(z.object({ id: organizationId }).meta({ examples: [{ id: example.id }] }))
    .output(organizationSchema)
    .query(async ({ ctx, input }) => presentOrganization(await findOrganization(ctx.db, ctx.actor, input.id, 'read'))),

  update: signedIn
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/organizations/{id}',
        summary: 'Rename an organization',
        description: 'For SUPER_ADMINs.',
        tags: ['organizations'],
        protect: true,
      },
    })
    .input(z.object({ id: organizationId, name: name.optional() }).meta({ examples: [example] }))
    .output(organizationSchema)
    .mutation(async ({ ctx, input }) => {
      return presentOrganization(await renameOrganization(ctx.db, ctx, input.id, input));
    }),

  delete: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/organizations/{id}',
        summary: 'Delete an organization',
        description: 'For SUPER_ADMINs, once it has no members and no cameras (409 before).',
        tags: ['organizations'],
        protect: true,
      },
    })
    .input(z.object({ id: organizationId }).meta({ examples: [{ id: example.id }] }))
    .output(z.void())
    .mutation(({ ctx, input }) => deleteOrganization(ctx.db, ctx, input.id)),
});
