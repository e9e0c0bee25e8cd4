import type { Knex } from 'knex';
import { raw } from 'objection';
import { z } from 'zod';
import { Setting } from '../../../models/setting.js';
import type { Caller } from '../auth/caller.js';
import { changedFields } from '../audit/changed-fields.js';
import { recordAudit } from '../audit/record.js';
import { DEFAULT_THRESHOLDS } from './thresholds.js';

const threshold = z.number().min(0).max(1);

export const settingsSchema = z.object({
  duplicate_threshold: threshold.meta({ description: 'From this duplicate score on a picture counts as a duplicate.' }),
  ai_threshold: threshold.meta({ description: 'From this score on a picture counts as AI-generated.' }),
});

export type Settings = z.infer<typeof settingsSchema>;

export async function readSettings(db: Knex): Promise<Settings> {
  const rows = await Setting.query(db).whereIn('key', Object.keys(DEFAULT_THRESHOLDS));
  const stored = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  return settingsSchema.parse({ ...DEFAULT_THRESHOLDS, ...stored });
}

/** Changes what is given and leaves the rest. */
export async function changeSettings(db: Knex, caller: Caller, changes: Partial<Settings>): Promise<Settings> {
  return db.transaction(async (trx) => {
    // One after another, so that each is on record with what it changed.
    await trx.raw(`select pg_advisory_xact_lock(hashtext('settings'))`);
    const present = await readSettings(trx);
    const wanted = settingsSchema.parse({ ...present, ...changes });
    const { before, after, changed } = changedFields(present, wanted);
    if (!changed) return present;

    const change = { updatedBy: caller.actor.id, updatedAt: raw('now()') };
    const rows = Object.entries(after).map(([key, value]) => ({ key, value, ...change }));
    await Setting.query(trx).insert(rows).onConflict('key').merge();
    const target = { type: 'settings', id: 'thresholds' } as const;
    await recordAudit(trx, caller, {
      action: 'settings.changed',
      target,
      organizationId: null,
      details: { before, after },
    });
    return wanted;
  });
}
