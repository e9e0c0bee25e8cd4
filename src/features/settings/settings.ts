import type { Knex } from 'knex';
import { z } from 'zod';
import { Setting } from '../../../models/setting.js';
import type { Actor } from '../auth/actor.js';

const threshold = z.number().min(0).max(1);

export const settingsSchema = z.object({
  duplicate_threshold: threshold.meta({ description: 'From this duplicate score on a picture counts as a duplicate.' }),
  ai_threshold: threshold.meta({ description: 'From this score on a picture counts as AI-generated.' }),
});

export type Settings = z.infer<typeof settingsSchema>;

const defaults: Settings = { duplicate_threshold: 0.85, ai_threshold: 0.8 };

export async function readSettings(db: Knex): Promise<Settings> {
  const rows = await Setting.query(db).whereIn('key', Object.keys(defaults));
  const stored = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  return settingsSchema.parse({ ...defaults, ...stored });
}

/** Changes what is given and leaves the rest. */
export async function changeSettings(db: Knex, actor: Actor, changes: Partial<Settings>): Promise<Settings> {
  return db.transaction(async (trx) => {
    const rows = Object.entries(changes).map(([key, value]) => ({
      key,
      value,
      updatedBy: actor.id,
      updatedAt: new Date(),
    }));
    if (rows.length > 0) await Setting.query(trx).insert(rows).onConflict('key').merge();
    return readSettings(trx);
  });
}
