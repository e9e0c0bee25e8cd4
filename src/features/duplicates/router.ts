import { z } from 'zod';
import { announcePage } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import type { PictureUrls } from '../images/picture-urls.js';
import { findRequest } from '../requests/find.js';
import { readSettings } from '../settings/settings.js';
import { type DuplicateGroup, listDuplicates } from './list.js';
import type { Member } from './members.js';
import { resolveDuplicates } from './resolve.js';

const relationSchema = z.enum(['exact', 'copy', 'near_shot']);
const decisionSchema = z.enum(['keep', 'reject']).nullable();

const memberSchema = z.object({
  image_id: z.uuid().nullable().meta({ description: 'Null for a reference.' }),
  reference_id: z.uuid().nullable(),
  in_request: z.boolean().meta({ description: 'Or in another one, or a reference.' }),
  request_id: z.uuid().nullable(),
  filename: z.string().nullable(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  size_bytes: z.number().int().nullable(),
  source_url: z.string().meta({ description: 'Where the picture is to be seen.' }),
  preview_url: z.url().nullable(),
  is_representative: z.boolean().meta({ description: 'The picture that every other member was compared with.' }),
  relation: relationSchema.nullable().meta({ description: 'To the representative, as the following are.' }),
  score: z.number().min(0).max(1).nullable(),
  transformation: z.array(z.string()).meta({ description: 'What was done to the representative to make this one.' }),
  evidence: z.record(z.string(), z.unknown()).nullable(),
  decision: decisionSchema,
});

const groupSchema = z.object({
  group_id: z.uuid().meta({ description: 'The oldest image of the group in this request.' }),
  resolved: z.boolean().meta({ description: 'Whether each of its images in this request was decided on.' }),
  members_total: z.number().int(),
  members: z.array(memberSchema).meta({ description: 'The representative, then the strongest ties, 500 at most.' }),
  keeper: z
    .object({ image_id: z.uuid().nullable(), reference_id: z.uuid().nullable(), reasons: z.array(z.string()) })
    .meta({ description: 'Which to keep, and by which criteria the others fell behind it.' }),
});

function presentMember(member: Member, urls: PictureUrls): z.infer<typeof memberSchema> {
  const { image, reference } = member;
  return {
    image_id: image?.id ?? null,
    reference_id: reference?.id ?? null,
    in_request: member.inRequest,
    request_id: image?.requestId ?? null,
    filename: image?.filename ?? null,
    width: image?.width ?? null,
    height: image?.height ?? null,
    size_bytes: image?.bytes ?? null,
    source_url: reference?.sourceUrl ?? (image ? urls.original(image) : ''),
    preview_url: image && urls.preview(image),
    is_representative: member.isRepresentative,
    relation: member.relation,
    score: member.score,
    transformation: member.transformation,
    evidence: member.evidence,
    decision: member.decision,
  };
}

function presentGroup(group: DuplicateGroup, urls: PictureUrls): z.infer<typeof groupSchema> {
  const { keeper, reasons } = group;
  return {
    group_id: group.id,
    resolved: group.resolved,
    members_total: group.total,
    members: group.members.map((member) => presentMember(member, urls)),
    keeper: { image_id: keeper.image?.id ?? null, reference_id: keeper.reference?.id ?? null, reasons },
  };
}

/** In an address it is text. */
const flagSchema = z.preprocess((flag) => (flag === 'true' ? true : flag === 'false' ? false : flag), z.boolean());

const imageDecisionSchema = z.object({
  image_id: z.uuid(),
  decision: z
    .enum(['keep', 'reject', 'undecided'])
    .meta({ description: 'A rejected image leaves the request’s tasks; `undecided` brings it back.' }),
});

const pairDecisionSchema = z
  .object({
    image_id: z.uuid(),
    other_image_id: z.uuid().optional(),
    reference_id: z.uuid().optional(),
    decision: z
      .enum(['not_duplicate', 'undecided'])
      .default('not_duplicate')
      .meta({ description: '`not_duplicate` is remembered for good; `undecided` takes it back.' }),
  })
  .refine(
    (pair) => (pair.other_image_id === undefined) !== (pair.reference_id === undefined),
    'Name either other_image_id or reference_id.',
  );

export const duplicatesRouter = router({
  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/duplicates',
        summary: "A request's duplicates in groups, with the picture to keep",
        description:
          'By what quality control found so far and the threshold in force. Every member was compared with its group’s ' +
          'representative: a chain of resemblances makes no group.',
        tags: ['qc'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        request_id: z.uuid(),
        limit: z.coerce.number<number>().int().min(1).max(200).default(100).meta({ description: 'Groups at most.' }),
        cursor: z.uuid().optional().meta({ description: 'Where to go on: the `group_id` of the last group before.' }),
        state: z.enum(['open', 'resolved']).optional(),
        near_shots: flagSchema.default(false).meta({
          description: 'Whether to show other shots of the same scene as well, which are no duplicates.',
        }),
      }),
    )
    .output(z.array(groupSchema))
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'read');
      const thresholds = await readSettings(ctx.db);
      const filter = { ...input, nearShots: input.near_shots, thresholds };
      const { rows, total } = await listDuplicates(ctx.db, ctx.actor, request, filter);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((group) => presentGroup(group, ctx.pictureUrls));
    }),

  resolve: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests/{request_id}/duplicates/resolve',
        summary: 'Keep or reject duplicates, or say that they are none',
        description:
          'What cannot be done is told in `errors` and costs the rest nothing. Every decision can be undone.',
        tags: ['qc'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          images: z.array(imageDecisionSchema).max(5000).default([]),
          pairs: z.array(pairDecisionSchema).max(500).default([]),
        })
        .meta({
          examples: [
            {
              images: [{ image_id: '01941f29-7c00-7000-8000-000000000000', decision: 'reject' }],
              pairs: [
                {
                  image_id: '01941f29-7c00-7000-8000-000000000001',
                  other_image_id: '01941f29-7c00-7000-8000-000000000002',
                  decision: 'not_duplicate',
                },
              ],
            },
          ],
        }),
    )
    .output(
      z.object({
        request_id: z.uuid(),
        resolved: z.number().int(),
        errors: z.array(z.object({ item: z.string(), message: z.string() })),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'write');
      const { resolved, unresolved } = await resolveDuplicates(ctx.db, ctx.actor, request, {
        images: input.images.map(({ image_id: imageId, decision }) => ({ imageId, decision })),
        pairs: input.pairs.map(({ image_id: imageId, other_image_id, reference_id, decision }) => ({
          imageId,
          otherImageId: other_image_id ?? null,
          referenceId: reference_id ?? null,
          decision,
        })),
      });
      return { request_id: request.id, resolved, errors: unresolved };
    }),
});
