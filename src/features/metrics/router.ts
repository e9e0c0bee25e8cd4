import { z } from 'zod';
import { orBlank } from '../../trpc/pagination.js';
import { router, withRole } from '../../trpc/procedures.js';
import { byStage, vocabularyInput } from '../classifications/stage.js';
import { measure } from './measure.js';
import { MAX_DAYS, resolvePeriod } from './period.js';

const day = z.iso
  .date('Give a day of the calendar as YYYY-MM-DD.')
  .refine((date) => date >= '1900', 'Give a day from 1900 on.');

const count = z.number().int();
const kappa = z.number().nullable();

const metricsSchema = z.object({
  total_users: count.meta({ description: 'Whom the administrator administers, whatever the period.' }),
  total_images: count.meta({ description: 'Clinical images uploaded or classified in the period.' }),
  classified_images_count: count.meta({ description: 'Those of them that were classified in the period.' }),
  unclassified_images_count: count.meta({ description: 'Those uploaded in the period and not classified in it.' }),
  classifications_per_category: z.record(z.string(), count).meta({
    description: 'Every stage. Of a clinician and image the newest classification counts, on the day it was made.',
  }),
  classifications_by_user: z
    .array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        email: z.string().meta({ description: 'Empty of one who has moved to where the caller does not administer.' }),
        classification_count: count,
        last_active: z.iso.datetime().nullable().meta({ description: 'Null of one who has moved likewise.' }),
      }),
    )
    .meta({ description: 'Those who classified in the period, most first; at most 1,000.' }),
  daily_classifications: z.array(z.object({ date: z.iso.date(), count })).meta({
    description: `Every day of the period, at most the last ${MAX_DAYS}; over all time from the first classification.`,
  }),
  agreement: z
    .object({
      statistic: z.enum(['cohen', 'fleiss']).nullable().meta({
        description: "Cohen's kappa where all such images have the same two raters, Fleiss' otherwise.",
      }),
      kappa: kappa.meta({ description: 'At most 1; 0 is what chance would bring; null where it is not defined.' }),
      kappa_per_category: z.record(z.string(), kappa).meta({ description: 'Of each stage against all others.' }),
      images: count.meta({ description: 'Images that two or more clinicians classified in the period.' }),
      raters: count.meta({ description: 'Clinicians who classified one of those.' }),
    })
    .meta({ description: 'How far clinicians agree on images that two or more of them classified.' }),
  time_zone: z.string(),
});

export const metricsRouter = router({
  get: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/metrics',
        summary: 'The clinical work in figures',
        description:
          "Of the images of the administrator's organization, or of all. `from` and `to` are days, both inclusive, in " +
          '`time_zone`; without them it is about all time.',
        tags: ['admin'],
        protect: true,
      },
    })
    .input(
      z.object({
        from: orBlank(day).meta({ description: 'First day, YYYY-MM-DD.' }),
        to: orBlank(day).meta({ description: `Last day, YYYY-MM-DD; at most ${MAX_DAYS} days from the first.` }),
        time_zone: z.string().max(64).optional().meta({
          description: "Whose days: a name of the IANA database. The service's own (`TIME_ZONE`) unless given.",
        }),
        ...vocabularyInput,
      }),
    )
    .output(metricsSchema)
    .query(async ({ ctx, input: { from, to, time_zone: timeZone = ctx.config.timeZone, vocabulary } }) => {
      const period = await resolvePeriod(ctx.db, { from, to, timeZone });
      const metrics = await measure(ctx.db, ctx.actor, period);
      const { agreement, classifiedImages, unclassifiedImages } = metrics;
      return {
        total_users: metrics.totalUsers,
        total_images: classifiedImages + unclassifiedImages,
        classified_images_count: classifiedImages,
        unclassified_images_count: unclassifiedImages,
        classifications_per_category: byStage(vocabulary, (stage) => metrics.perStage[stage]),
        classifications_by_user: metrics.byClinician.map((clinician) => ({
          id: clinician.id,
          name: clinician.name,
          email: clinician.email ?? '',
          classification_count: clinician.count,
          last_active: clinician.lastActiveAt?.toISOString() ?? null,
        })),
        daily_classifications: metrics.byDay,
        agreement: {
          statistic: agreement.statistic,
          kappa: agreement.kappa.overall,
          kappa_per_category: byStage(vocabulary, (stage) => agreement.kappa.perStage[stage]),
          images: agreement.images,
          raters: agreement.raters,
        },
        time_zone: timeZone,
      };
    }),
});
