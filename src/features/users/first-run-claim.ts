import type { Knex } from 'knex';
import type { Config } from '../../config.js';
import { ADMIN_ROLES, isHeld } from './administrators.js';

/** Whether the system may be claimed while nobody administers it: not in production, nor where the operator named one. */
export const allowsFirstRunClaim = (config: Pick<Config, 'production' | 'firstAdmin'>): boolean =>
  !config.production && config.firstAdmin === undefined;

/** Whether a user may make himself the first administrator now. */
export async function awaitsFirstAdmin(db: Knex, config: Pick<Config, 'production' | 'firstAdmin'>): Promise<boolean> {
  return allowsFirstRunClaim(config) && !(await isHeld(db, ADMIN_ROLES));
}
