import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { validate } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { forbidden, notFound } from '../../errors.js';
import { administersAll, type Actor } from '../auth/actor.js';
import { mayOnTask, type TaskOperation } from './policy.js';

/**
 * The task with its request, if the actor may do this to it.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findTask(db: Knex, actor: Actor, id: string, operation: TaskOperation) {
  const task = validate(id) ? await Task.query(db).findById(id).withGraphFetched('request') : undefined;
  if (!task?.request || task.request.deletedAt) throw notFound('Task');
  const row = { labelerId: task.labelerId, organizationId: task.request.organizationId };
  if (!mayOnTask(actor, 'read', row)) throw notFound('Task');
  if (!mayOnTask(actor, operation, row)) {
    const why = operation === 'review' ? 'An administrator reviews it who did not label it.' : '';
    throw forbidden(`You may see this task but not ${operation === 'review' ? 'review' : 'work on'} it. ${why}`.trim());
  }
  return { task, request: task.request };
}

/** The tasks the actor may read: the policy's `read` in SQL. Their requests are joined only where that decides. */
export function readableTasks(db: Knex, actor: Actor): QueryBuilder<Task> {
  const deleted = DatasetRequest.query(db).select('id').whereNotNull('deletedAt');
  const tasks = Task.query(db).whereNotIn('tasks.requestId', deleted);
  if (administersAll(actor)) return tasks;
  return tasks.joinRelated('request').where((any) => {
    // Without a role for tasks, none.
    void any.whereRaw('false');
    if (actor.roles.includes('LABELER')) void any.orWhere('tasks.labelerId', actor.id);
    if (actor.organizationId && (actor.roles.includes('ADMIN') || actor.roles.includes('VIEWER'))) {
      void any.orWhere('request.organizationId', actor.organizationId);
    }
  });
}
