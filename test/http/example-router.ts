import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Setting } from '../../models/setting.js';
import { conflict, DomainError, forbidden, invalid, notFound } from '../../src/errors.js';
import { announcePage, pageInput } from '../../src/trpc/pagination.js';
import { applyCursor } from '../../src/database/keyset.js';
import { publicProcedure, router, signedIn, withRole } from '../../src/trpc/procedures.js';

/** What a fault of ours says inside, and no answer may. */
export const SECRET = 'select password_hash from users';

const faults: Record<string, () => Error> = {
  invalid: () => invalid('title', 'A title is needed.'),
  forbidden: () => forbidden('Not you.'),
  not_found: () => notFound('Thing'),
  conflict: () => conflict('It is running already.'),
  locked: () => new DomainError('locked', 'Locked for a while.', undefined, 899.2),
  unavailable: () => new DomainError('unavailable', 'Not made yet.', undefined, 2),
  internal: () => new Error(SECRET),
};

const thing = z
  .object({ id: z.string(), title: z.string(), created_at: z.date() })
  .meta({ examples: [{ id: '1', title: 'Signs', created_at: new Date('2026-01-01T00:00:00.000Z') }] });

/** Procedures that show what the way from the socket to a procedure and back does, and no more. */
export const exampleRouter = router({
  echo: router({
    get: publicProcedure
      .meta({ openapi: { method: 'GET', path: '/echo/{id}', protect: false, summary: 'Echo', tags: ['echo'] } })
      .input(
        z.object({
          id: z.string(),
          n: z.coerce.number().optional(),
          flag: z.stringbool().optional(),
          tags: z.array(z.string()).optional(),
          q: z.string().optional(),
        }),
      )
      .output(z.unknown())
      .query(({ input }) => input),
    stats: publicProcedure
      .meta({ openapi: { method: 'GET', path: '/echo/stats', protect: false, summary: 'Statistics', tags: ['echo'] } })
      .output(z.object({ stats: z.literal(true) }))
      .query(() => ({ stats: true as const })),
    post: publicProcedure
      .meta({
        openapi: { method: 'POST', path: '/echo/{id}', protect: false, summary: 'Echo', tags: ['echo'] },
        query: ['id', 'text'],
      })
      .input(z.object({ id: z.string(), text: z.string().default('none'), any: z.unknown().optional() }))
      .output(z.unknown())
      .mutation(({ input }) => input),
    loose: publicProcedure
      .meta({
        openapi: { method: 'POST', path: '/loose', protect: false, summary: 'Echo all', tags: ['echo'] },
        query: ['__proto__', 'constructor', 'a', '__proto__[polluted]'],
      })
      .input(z.looseObject({}))
      .output(z.object({ keys: z.array(z.string()), polluted: z.boolean(), nothing: z.null() }))
      .mutation(({ input }) => ({ keys: Object.keys(input), polluted: 'polluted' in {}, nothing: null })),
    strict: publicProcedure
      .meta({ openapi: { method: 'POST', path: '/strict', protect: false, summary: 'No coercion', tags: ['echo'] } })
      .input(z.object({ n: z.number(), flag: z.boolean() }))
      .output(z.object({ n: z.number(), flag: z.boolean() }))
      .mutation(({ input }) => input),
  }),
  things: router({
    create: publicProcedure
      .meta({
        openapi: { method: 'POST', path: '/api/things/', protect: false, summary: 'Make a thing', tags: ['things'] },
        aliases: [{ method: 'PUT', path: '/things/{title}' }],
        successStatus: 201,
      })
      .input(z.object({ title: z.string().min(1) }).meta({ examples: [{ title: 'Signs' }] }))
      .output(thing)
      .mutation(({ input }) => ({ id: '1', title: input.title, created_at: new Date(0) })),
    touch: publicProcedure
      .meta({ openapi: { method: 'POST', path: '/things/{id}/touch', protect: false, summary: 'Touch' } })
      .input(z.object({ id: z.string() }))
      .output(z.void())
      .mutation(() => undefined),
    fail: publicProcedure
      .meta({ openapi: { method: 'GET', path: '/fail/{kind}', protect: false, summary: 'Fail' } })
      .input(z.object({ kind: z.string() }))
      .output(z.object({ never: z.string() }))
      .query(({ input }) => {
        const fault = faults[input.kind];
        if (fault) throw fault();
        return { never: 1 } as unknown as { never: string };
      }),
    find: publicProcedure
      .meta({ openapi: { method: 'POST', path: '/find', protect: false, summary: 'Find' } })
      .input(z.object({ name: z.string(), model: z.boolean().default(false) }))
      .output(z.array(z.unknown()))
      .mutation(async ({ ctx, input: { name, model } }) => {
        if (model) return Setting.query(ctx.db).where('key', name);
        return (await ctx.db.from('organizations').select('id').where({ name })) as unknown[];
      }),
    whoAmI: signedIn
      .meta({ openapi: { method: 'GET', path: '/whoami', summary: 'Who am I', tags: ['users'] } })
      .output(z.object({ id: z.string(), roles: z.array(z.string()) }))
      .query(({ ctx }) => ({ id: ctx.actor.id, roles: [...ctx.actor.roles] })),
    administer: withRole('ADMIN')
      .meta({ openapi: { method: 'POST', path: '/administer', summary: 'Administer', tags: ['users'] } })
      .output(z.object({ done: z.literal(true) }))
      .mutation(() => ({ done: true as const })),
    private: signedIn
      .meta({ openapi: { method: 'POST', path: '/private', summary: 'Private' } })
      .input(z.object({ text: z.string() }))
      .output(z.object({ length: z.number() }))
      .mutation(({ input }) => ({ length: input.text.length })),
  }),
  organizations: publicProcedure
    .meta({ openapi: { method: 'GET', path: '/organizations', protect: false, summary: 'List' }, paged: true })
    .input(z.object({ ...pageInput, q: z.string().optional() }))
    .output(z.array(z.object({ name: z.string() })))
    .query(async ({ ctx, input: { limit, cursor } }) => {
      const query = ctx.db.from('organizations').select('id', 'name', 'createdAt');
      const page = applyCursor(query, cursor, 'organizations.id');
      const rows = (await page.limit(limit + 1)) as { id: string; name: string; createdAt: Date }[];
      const [counted] = await ctx.db.from('organizations').count<{ count: number }[]>('id');
      return announcePage(ctx, { rows, limit, total: counted?.count ?? 0, idOf: ({ id }) => id }).map(({ name }) => ({
        name,
      }));
    }),
  files: router({
    send: signedIn
      .meta({
        openapi: { method: 'POST', path: '/things/{id}/files', summary: 'Send files', tags: ['files'] },
        multipart: { fields: ['files', 'file'] },
      })
      .input(z.object({ id: z.string(), note: z.string().optional() }))
      .output(z.object({ id: z.string(), note: z.string().nullable(), stored: z.number(), rejected: z.number() }))
      .mutation(async ({ ctx, input: { id, note = null } }) => {
        if (id === 'foreign') throw notFound('Thing');
        const { stored, rejected } = await ctx.receiveFiles({ fields: ['files', 'file'], keyPrefix: `test/${id}` });
        return { id, note, stored: stored.length, rejected: rejected.length };
      }),
  }),
  waiting: publicProcedure
    .meta({ openapi: { method: 'GET', path: '/waiting', protect: false, summary: 'Wait for ever' } })
    .output(z.void())
    .query(async ({ ctx }) => {
      abandoned.started();
      await sleep(60_000, undefined, { signal: ctx.signal }).catch(() => abandoned.noticed());
    }),
  ticks: publicProcedure.subscription(async function* () {
    for (const tick of [1, 2, 3]) {
      await sleep(1);
      yield tick;
    }
  }),
});

export type ExampleRouter = typeof exampleRouter;

/** How a test follows a call that its client gives up. */
export const abandoned: { started: () => void; noticed: () => void } = {
  started: () => undefined,
  noticed: () => undefined,
};
