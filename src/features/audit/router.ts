import { z } from 'zod';
import type { AuditEntry } from '../../../models/audit-entry.js';
import { announcePage, orBlank, pageInput } from '../../trpc/pagination.js';
import { router, withRole } from '../../trpc/procedures.js';
import { listAudit } from './list.js';
import { namesIn, type Names } from './names.js';
import { auditActions, auditTargets } from './record.js';

const DAY_MS = 86_400_000;

const date = z.iso.date();
const moment = z.union([date, z.iso.datetime({ offset: true })]);
const momentSchema = z
  .string()
  .max(40)
  .refine(
    (text) => moment.safeParse(text).success,
    'Give a date, such as 2026-01-31, or a moment with its offset, such as 2026-01-31T12:00:00Z.',
  );

const isDate = (text: string) => date.safeParse(text).success;

/** A date is the whole day in UTC, a moment its millisecond; both ends belong to the span. */
const endOf = (text: string) => new Date(Date.parse(text) + (isDate(text) ? DAY_MS : 1));

const entrySchema = z.object({
  id: z.uuid(),
  action: z.enum(auditActions),
  actor_id: z.uuid().nullable().meta({ description: 'Null: an operator, or somebody who was not signed in.' }),
  actor_name: z.string().nullable().meta({ description: 'Null, too, of whom the caller does not administer.' }),
  actor_email: z.string().nullable(),
  target_type: z.enum(auditTargets),
  target_id: z.string(),
  target_name: z.string().nullable().meta({
    description: 'What it is called now; null where it is gone or, of a user or request, others administer it.',
  }),
  organization_id: z.uuid().nullable(),
  details: z.record(z.string(), z.unknown()),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
  created_at: z.iso.datetime(),
});

type PresentedEntry = z.infer<typeof entrySchema>;

function presentEntry(entry: AuditEntry, { actors, targets }: Names): PresentedEntry {
  const actor = entry.actorId === null ? undefined : actors.get(entry.actorId);
  return {
    id: entry.id,
    action: entry.action as PresentedEntry['action'],
    actor_id: entry.actorId,
    actor_name: actor?.name ?? null,
    actor_email: actor?.email ?? null,
    target_type: entry.targetType as PresentedEntry['target_type'],
    target_id: entry.targetId,
    target_name: targets.get(entry.targetId) ?? null,
    organization_id: entry.organizationId,
    details: entry.details,
    ip: entry.ip,
    user_agent: entry.userAgent,
    request_id: entry.requestId,
    created_at: entry.createdAt.toISOString(),
  };
}

export const auditRouter = router({
  list: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/audit',
        summary: 'Who did what to whom, and from where, newest first',
        description:
          'Administrators of an organization read what concerns it, those of all everything. `from` and `to` belong to ' +
          'the span; a date is the whole day in UTC.',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(
      z
        .object({
          ...pageInput,
          actor_id: orBlank(z.uuid()),
          target_id: orBlank(z.string().max(64)),
          target_type: orBlank(z.enum(auditTargets)),
          action: orBlank(z.enum(auditActions)),
          from: orBlank(momentSchema),
          to: orBlank(momentSchema),
        })
        .refine(({ from, to }) => !from || !to || Date.parse(from) < endOf(to).getTime(), {
          path: ['to'],
          error: 'It is before the beginning that `from` gives.',
        })
        .meta({ examples: [{ action: 'role.granted', from: '2026-01-01', to: '2026-01-31' }] }),
    )
    .output(z.array(entrySchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listAudit(ctx.db, ctx.actor, {
        actorId: input.actor_id,
        targetId: input.target_id,
        targetType: input.target_type,
        action: input.action,
        from: input.from === undefined ? undefined : new Date(input.from),
        until: input.to === undefined ? undefined : endOf(input.to),
        limit: input.limit,
        cursor: input.cursor,
      });
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      const names = await namesIn(ctx.db, ctx.actor, page);
      return page.map((entry) => presentEntry(entry, names));
    }),
});
