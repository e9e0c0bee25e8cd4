import { z } from 'zod';
import type { Camera } from '../../../models/camera.js';
import { sealingKey, type SealingKey } from '../../sealed-text.js';
import type { Context } from '../../trpc/context.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import { createCamera } from './create.js';
import { deleteCamera } from './delete.js';
import { findCamera } from './find.js';
import { listCameras } from './list.js';
import { streamOf } from './stream-of.js';
import { whyNoStream } from './stream-url.js';
import { updateCamera } from './update.js';

const cameraSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  location: z.string(),
  stream_url: z
    .string()
    .meta({ description: 'Scheme, host, port and what is known to be harmless of path and query.' }),
  has_credentials: z.boolean().meta({ description: 'Whether some of the address is not shown.' }),
  active: z.boolean(),
  organization_id: z.uuid(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const keyOf = ({ config }: Context) => sealingKey(config.jwtSecret, 'cameras');

function presentCamera(camera: Camera, key: SealingKey): z.infer<typeof cameraSchema> {
  const { shown, hasCredentials } = streamOf(camera, key);
  return {
    id: camera.id,
    name: camera.name,
    location: camera.location,
    stream_url: shown,
    has_credentials: hasCredentials,
    active: camera.active,
    organization_id: camera.organizationId,
    created_at: camera.createdAt.toISOString(),
    updated_at: camera.updatedAt.toISOString(),
  };
}

const cameraId = z.string().max(64);
const name = z.string().trim().min(1).max(200);
const location = z.string().trim().max(500);
const streamUrlSchema = z
  .string()
  .max(2000)
  .superRefine((text, check) => {
    const problem = whyNoStream(text);
    if (problem !== null) check.addIssue({ code: 'custom', message: problem });
  })
  .meta({
    description:
      'rtsp, rtsps, http or https. It is kept encrypted. Answered is only what is known to be harmless: ' +
      '`has_credentials` says that there is more. Percent-encode / ? # @ in the user and the password.',
  });

const example = { name: 'Entrance', location: 'Rua XV de Novembro, 1000', stream_url: 'rtsp://cam.example:554/live' };
const exampleId = '01941f29-7c00-7000-8000-000000000000';

export const camerasRouter = router({
  create: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/cameras',
        summary: 'Register a camera',
        description:
          'For administrators of the organization. Those of all organizations must say which one. Names are unique ' +
          'within an organization, in any case.',
        tags: ['cameras'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          name,
          location: location.default(''),
          stream_url: streamUrlSchema,
          active: z.boolean().default(true),
          organization_id: z.uuid().optional().meta({ description: 'The caller’s own unless given.' }),
        })
        .meta({ examples: [example] }),
    )
    .output(cameraSchema)
    .mutation(async ({ ctx, input: { stream_url: streamUrl, organization_id: organizationId, ...fields } }) => {
      const key = keyOf(ctx);
      return presentCamera(await createCamera(ctx.db, ctx, { ...fields, streamUrl, organizationId }, key), key);
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/cameras',
        summary: 'List cameras, newest first',
        description: 'Those of the caller’s organization; administrators of all see all.',
        tags: ['cameras'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        ...pageInput,
        active: z.stringbool().optional(),
        q: z.string().max(200).optional().meta({ description: 'Part of the name or the location.' }),
        organization_id: z.uuid().optional(),
      }),
    )
    .output(z.array(cameraSchema))
    .query(async ({ ctx, input }) => {
      const filter = { ...input, organizationId: input.organization_id };
      const { rows, total } = await listCameras(ctx.db, ctx.actor, filter);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      const key = keyOf(ctx);
      return page.map((camera) => presentCamera(camera, key));
    }),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/cameras/{id}',
        summary: 'One camera',
        description: 'For members of its organization and who administers it.',
        tags: ['cameras'],
        protect: true,
      },
    })
    .input(z.object({ id: cameraId }).meta({ examples: [{ id: exampleId }] }))
    .output(cameraSchema)
    .query(async ({ ctx, input }) => presentCamera(await findCamera(ctx.db, ctx.actor, input.id, 'read'), keyOf(ctx))),

  update: signedIn
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/cameras/{id}',
        summary: 'Change a camera',
        description:
          'For administrators of the organization. What is not given stays, credentials included; a `stream_url` ' +
          'without credentials clears them.',
        tags: ['cameras'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          id: cameraId,
          name: name.optional(),
          location: location.optional(),
          stream_url: streamUrlSchema.optional(),
          active: z.boolean().optional(),
        })
        .meta({ examples: [{ id: exampleId, active: false }] }),
    )
    .output(cameraSchema)
    .mutation(async ({ ctx, input: { id, stream_url: streamUrl, ...changes } }) => {
      const key = keyOf(ctx);
      return presentCamera(await updateCamera(ctx.db, ctx, id, { ...changes, streamUrl }, key), key);
    }),

  delete: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/cameras/{id}',
        summary: 'Take a camera off the register',
        description: 'For administrators of the organization.',
        tags: ['cameras'],
        protect: true,
      },
    })
    .input(z.object({ id: cameraId }).meta({ examples: [{ id: exampleId }] }))
    .output(z.void())
    .mutation(({ ctx, input }) => deleteCamera(ctx.db, ctx, input.id, keyOf(ctx))),
});
