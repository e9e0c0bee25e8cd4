import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { DomainError } from '../../errors.js';
import { changedFields } from '../audit/changed-fields.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { findRequest } from './find.js';

export interface RequestChanges {
  title?: string | undefined;
  description?: string | undefined;
  /** All of them, in the order in which they are to be shown. */
  classes?: string[] | undefined;
}

/** Classes named where some cannot be taken away. */
const MOST_NAMED = 5;

/**
 * Changes what is given of a request and leaves the rest.
 * @throws {DomainError} as `findRequest`; `conflict` naming `classes` where one that is to go is in use.
 */
export async function updateRequest(
  db: Knex,
  caller: Caller,
  id: string,
  { title, description, classes }: RequestChanges,
): Promise<DatasetRequest> {
  return db.transaction(async (trx) => {
    // Known answers are set under this lock, and labels saved under that of their task.
    await DatasetRequest.query(trx).findById(id).select('id').forNoKeyUpdate();
    const request = await findRequest(trx, caller.actor, id, 'write');
    const changes = changedFields(
      { title: request.title, description: request.description },
      { title: title ?? request.title, description: description ?? request.description },
    );
    const wanted = classes ?? request.classes;
    const reordered = JSON.stringify(wanted) !== JSON.stringify(request.classes);
    if (!changes.changed && !reordered) return request;

    await refuseToDrop(
      trx,
      id,
      request.classes.filter((name) => !wanted.includes(name)),
    );
    const updated = await DatasetRequest.query(trx).patchAndFetchById(id, { ...changes.after, classes: wanted });
    await recordAudit(trx, caller, {
      action: 'request.updated',
      target: { type: 'request', id },
      organizationId: request.organizationId,
      details: {
        before: { ...changes.before, ...(reordered && { classes: request.classes }) },
        after: { ...changes.after, ...(reordered && { classes: wanted }) },
      },
    });
    return updated;
  });
}

async function refuseToDrop(trx: Knex.Transaction, requestId: string, classes: readonly string[]): Promise<void> {
  if (classes.length === 0) return;
  await Task.query(trx).where({ requestId }).orderBy('id').select('id').forUpdate();
  const { rows } = await trx.raw<{ rows: { name: string }[] }>(
    `select name from (
       select unnest(labels.classes) as name
       from tasks join labels on labels.task_id = tasks.id where tasks.request_id = :requestId
       union
       select unnest(classes) from gold_answers where request_id = :requestId
     ) used
     where name = any(:classes) order by name limit :most`,
    { requestId, classes: [...classes], most: MOST_NAMED },
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  const message = `Labels use ${names} already: what labels use cannot be taken away or renamed.`;
  throw new DomainError('conflict', message, { classes: [message] });
}
