import type { Knex } from 'knex';
import { validate } from 'uuid';
import { Camera } from '../../../models/camera.js';
import { forbidden, notFound } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { mayOnCamera, type CameraOperation } from './policy.js';

/**
 * The camera, if the actor may do this to it.
 * @param options.lock nobody else changes it until the transaction ends.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findCamera(
  db: Knex,
  actor: Actor,
  id: string,
  operation: CameraOperation,
  { lock = false }: { lock?: boolean } = {},
): Promise<Camera> {
  const query = Camera.query(db).modify((any) => {
    if (lock) void any.forUpdate();
  });
  const camera = validate(id) ? await query.findById(id) : undefined;
  if (!camera || !mayOnCamera(actor, 'read', camera)) throw notFound('Camera');
  if (!mayOnCamera(actor, operation, camera)) {
    throw forbidden('Only an administrator of its organization changes a camera.');
  }
  return camera;
}
