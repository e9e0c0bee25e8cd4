import { z } from 'zod';
import type { QcResult } from '../../../models/qc-result.js';
import { announcePage, picturePageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import type { PictureUrls } from '../images/picture-urls.js';
import { findRequest, readableAmong } from '../requests/find.js';
import { readSettings, type Settings } from '../settings/settings.js';
import { cancelRun } from './cancel-run.js';
import { type AiEvidence, readEvidence } from './evidence.js';
import { flagsOf } from './flags.js';
import { newestRun } from './progress.js';
import { pictureFields, presentPicture } from './result-picture.js';
import { listResults } from './results.js';
import { startRun } from './start-run.js';
import { presentStatus, statusSchema } from './status.js';

const requestInput = z.object({ request_id: z.uuid() });

const matchSchema = z.object({
  relation: z.enum(['exact', 'copy', 'near_shot']).meta({
    description: 'The same bytes; made from the same shot; another shot of the scene, which is no duplicate.',
  }),
  score: z.number().min(0).max(1),
  transformation: z
    .array(z.string())
    .meta({ description: 'What was done to the match to make this picture, such as `flip` or `crop 12 %`.' }),
  evidence: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Of the comparison, by figure.' }),
});

const evidenceSchema = z.object({
  analyser_version: z.string(),
  detector_score: z
    .number()
    .nullable()
    .meta({ description: 'Of the pixels alone, a probability; null where they cannot be decoded.' }),
  facts: z
    .array(
      z.object({
        source: z.string().meta({ description: 'Where it stood, such as `text:parameters` or `c2pa:manifest`.' }),
        kind: z.enum(['record', 'declared', 'declared_in_part', 'mentioned', 'camera', 'manifest']).meta({
          description:
            'For generation, from the strongest: a generator’s own record, a declaration of the whole, of a part, a ' +
            'mention. Against it: what a camera leaves. Neither: that there is a C2PA manifest, and what its check said.',
        }),
        generator: z.string().nullable(),
        value: z.string(),
      }),
    )
    .meta({ description: 'Read from the file, the strongest first, at most twenty.' }),
});

const resultSchema = z.object({
  image_id: z.uuid(),
  filename: z.string(),
  ...pictureFields,
  duplicate_score: z.number().min(0).max(1),
  ai_generated_score: z.number().min(0).max(1),
  source_url: z
    .string()
    .nullable()
    .meta({ description: 'Where the best match is to be seen; null also where it is not the caller’s to see.' }),
  matched_image_id: z.uuid().nullable(),
  match: matchSchema.nullable().meta({ description: 'Of the best match; null where there is none.' }),
  decision: z
    .enum(['keep', 'reject'])
    .nullable()
    .meta({ description: 'What was decided on the picture among its duplicates.' }),
  flags: z.array(z.string()),
  evidence: evidenceSchema
    .nullish()
    .meta({ description: 'What the AI score was made of, where asked for; null where that is not kept.' }),
});

function presentResult(
  result: QcResult,
  { thresholds, readable, urls }: { thresholds: Settings; readable: ReadonlySet<string>; urls: PictureUrls },
): z.infer<typeof resultSchema> {
  const { reference } = result;
  // The customer's other requests may be none of a labeler's business.
  const matchedImage = readable.has(result.matchedImage?.requestId ?? '') ? result.matchedImage : null;
  return {
    image_id: result.imageId,
    filename: result.image?.filename ?? '',
    ...presentPicture(result.image, urls),
    duplicate_score: result.duplicateScore,
    ai_generated_score: result.aiGeneratedScore,
    source_url: reference?.sourceUrl ?? (matchedImage ? urls.original(matchedImage) : null),
    matched_image_id: matchedImage?.id ?? null,
    match: presentMatch(result),
    decision: result.image?.duplicateDecision ?? null,
    flags: flagsOf(result, thresholds),
  };
}

function presentEvidence(evidence: AiEvidence | undefined): z.infer<typeof evidenceSchema> | null {
  if (!evidence) return null;
  return {
    analyser_version: evidence.analyserVersion,
    detector_score: evidence.detectorScore,
    facts: evidence.provenance.map(({ kind = 'declared', ...fact }) => ({
      source: fact.source,
      kind,
      generator: fact.generator,
      value: fact.value,
    })),
  };
}

function presentMatch({ matchRelation, matchScore, transformation, matchEvidence }: QcResult) {
  if (!matchRelation) return null;
  return { relation: matchRelation, score: matchScore ?? 0, transformation, evidence: matchEvidence };
}

export const qcRouter = router({
  run: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests/{request_id}/qc/run',
        summary: 'Start quality control',
        description:
          'For the customer, labelers with a task on the request, and administrators. 409 while it runs. Pictures are ' +
          'matched against the references and whatever `scope` says; `everyone` is for administrators.',
        tags: ['qc'],
        protect: true,
      },
    })
    .input(
      requestInput.extend({
        scope: z
          .enum(['request', 'customer', 'everyone'])
          .default('customer')
          .meta({ description: 'The pictures of this request, all that its customer uploaded, or everybody’s.' }),
      }),
    )
    .output(z.object({ request_id: z.uuid(), status: z.literal('started'), run_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'runQc');
      const run = await startRun(ctx.db, ctx.actor, request, input.scope);
      return { request_id: request.id, status: 'started' as const, run_id: run.id };
    }),

  status: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/qc/status',
        summary: 'How far quality control has come',
        tags: ['qc'],
        protect: true,
      },
    })
    .input(requestInput)
    .output(statusSchema)
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'read');
      return presentStatus(ctx.db, request.id, await newestRun(ctx.db, request.id));
    }),

  events: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/qc/events',
        summary: 'Follow quality control live',
        description:
          'The answer of `GET /requests/{request_id}/qc/status`, now and whenever it changes, until the run has ended. ' +
          'Whoever comes again with `Last-Event-ID` is sent what differs from that.',
        tags: ['qc'],
        protect: true,
      },
      eventName: 'status',
    })
    .input(
      requestInput.extend({
        lastEventId: z.string().max(100).optional().meta({ description: 'The id of the last event received.' }),
      }),
    )
    .subscription(async ({ ctx, input: { request_id: requestId, lastEventId } }) => {
      await findRequest(ctx.db, ctx.actor, requestId, 'read');
      const read = async () => presentStatus(ctx.db, requestId, await newestRun(ctx.db, requestId));
      return ctx.qcEvents.watch(ctx, requestId, { lastEventId, read });
    }),

  cancel: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests/{request_id}/qc/cancel',
        summary: 'Cancel quality control',
        description: 'Results found so far stay.',
        tags: ['qc'],
        protect: true,
      },
    })
    .input(requestInput)
    .output(statusSchema)
    .mutation(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'runQc');
      await cancelRun(ctx.db, request.id);
      return presentStatus(ctx.db, request.id, await newestRun(ctx.db, request.id));
    }),

  results: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}/qc/results',
        summary: 'What quality control found',
        description: 'A row for each picture looked at so far, oldest picture first.',
        tags: ['qc'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z.object({
        ...requestInput.shape,
        ...picturePageInput,
        verdict: z
          .enum(['duplicate', 'ai_generated', 'flagged', 'clean'])
          .optional()
          .meta({ description: 'By the thresholds in force.' }),
        include: z
          .literal('evidence')
          .optional()
          .meta({ description: 'Adds to each row what its AI score was made of, and where in the file that stood.' }),
      }),
    )
    .output(z.array(resultSchema))
    .query(async ({ ctx, input }) => {
      const request = await findRequest(ctx.db, ctx.actor, input.request_id, 'read');
      const thresholds = await readSettings(ctx.db);
      const { rows, total } = await listResults(ctx.db, request.id, { ...input, thresholds });
      const page = announcePage(ctx, {
        rows,
        total,
        limit: input.limit,
        idOf: ({ imageId }) => imageId,
      });
      const matched = page.map(({ matchedImage }) => matchedImage?.requestId ?? request.id);
      const readable = await readableAmong(ctx.db, ctx.actor, matched);
      const evidence = input.include && (await readEvidence(ctx.db, page));
      return page.map((result) => ({
        ...presentResult(result, { thresholds, readable, urls: ctx.pictureUrls }),
        ...(evidence && { evidence: presentEvidence(evidence.get(result.imageId)) }),
      }));
    }),
});
