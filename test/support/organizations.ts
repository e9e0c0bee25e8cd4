import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Organization } from '../../models/organization.js';

/** Puts organizations straight into the database. @returns their ids, in order. */
export async function createOrganizations(db: Knex, ...names: string[]): Promise<string[]> {
  const rows = names.map((name) => ({ id: uuidv7(), name }));
  await Organization.query(db).insert(rows);
  return rows.map(({ id }) => id);
}
