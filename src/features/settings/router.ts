import { forbidden } from '../../errors.js';
import { router, signedIn, withRole } from '../../trpc/procedures.js';
import { administersAll } from '../auth/actor.js';
import { changeSettings, readSettings, settingsSchema } from './settings.js';

export const settingsRouter = router({
  get: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/settings',
        summary: 'The thresholds in force',
        tags: ['admin'],
        protect: true,
      },
    })
    .output(settingsSchema)
    .query(({ ctx }) => readSettings(ctx.db)),

  thresholds: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/qc/thresholds',
        summary: 'The scores from which on pictures are flagged',
        tags: ['qc'],
        protect: true,
      },
    })
    .output(settingsSchema)
    .query(({ ctx }) => readSettings(ctx.db)),

  update: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'PUT',
        path: '/admin/settings',
        summary: 'Change the thresholds',
        description: 'They hold for everyone, so only administrators of all organizations change them.',
        tags: ['admin'],
        protect: true,
      },
    })
    .input(settingsSchema.partial().meta({ examples: [{ duplicate_threshold: 0.85, ai_threshold: 0.8 }] }))
    .output(settingsSchema)
    .mutation(({ ctx, input }) => {
      if (!administersAll(ctx.actor)) throw forbidden('Only an administrator of all organizations changes settings.');
      return changeSettings(ctx.db, ctx, input);
    }),
});
