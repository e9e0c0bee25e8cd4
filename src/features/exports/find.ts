import type { Knex } from 'knex';
import { DatasetExport } from '../../../models/dataset-export.js';
import { notFound } from '../../errors.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { findRequest } from '../requests/find.js';

/**
 * An export of a request whose exports the actor may read.
 * @throws {DomainError} `not_found`, or `forbidden` when he may see the request but not its exports.
 */
export async function findExport(db: Knex, actor: Actor, id: string): Promise<DatasetExport> {
  const found = await DatasetExport.query(db).findById(id);
  if (!found) throw notFound('Export');
  await findRequest(db, actor, found.requestId, 'readUploads');
  return found;
}

/** A request's exports, newest first: up to `limit + 1` rows, and how many in all. */
export async function listExports(
  db: Knex,
  requestId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const all = DatasetExport.query(db).where({ requestId });
  const page = applyCursor(all.clone().limit(limit + 1), cursor, 'exports.id');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows, total };
}
