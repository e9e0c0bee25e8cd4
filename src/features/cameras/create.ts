import type { Knex } from 'knex';
import { ForeignKeyViolationError, UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { Camera } from '../../../models/camera.js';
import { forbidden, invalid } from '../../errors.js';
import { administersAll, type Actor } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';
import type { SealingKey } from '../../sealed-text.js';
import { recordAudit } from '../audit/record.js';
import { mayOnCamera } from './policy.js';
import { streamColumns, streamOf } from './stream-of.js';
import { readStreamUrl } from './stream-url.js';

export interface NewCamera {
  name: string;
  location: string;
  /** Credentials and all. */
  streamUrl: string;
  active: boolean;
  /** The actor's own unless given; who administers all must give it. */
  organizationId?: string | undefined;
}

/**
 * Puts a camera on an organization's register. Its address is kept encrypted, and in the clear only what may be shown
 * of it.
 * @throws {DomainError} `forbidden` for all but administrators of the organization, `invalid` naming `name` when the
 *   organization has a camera of that name in any case, `stream_url` or `organization_id`.
 */
export async function createCamera(
  db: Knex,
  caller: Caller,
  { streamUrl, organizationId, ...fields }: NewCamera,
  key: SealingKey,
): Promise<Camera> {
  const home = homeOf(caller.actor, organizationId);
  const stream = readStreamUrl(streamUrl);
  const id = uuidv7();
  return db.transaction(async (trx) => {
    const camera = await Camera.query(trx)
      .insertAndFetch({
        id,
        organizationId: home,
        name: fields.name.normalize('NFC'),
        location: fields.location,
        active: fields.active,
        ...streamColumns(key, id, stream),
      })
      .catch(explainRefusal);
    await recordAudit(trx, caller, {
      action: 'camera.created',
      target: { type: 'camera', id },
      organizationId: home,
      details: { ...auditView(camera, key), has_credentials: stream.hasCredentials },
    });
    return camera;
  });
}

function homeOf(actor: Actor, named: string | undefined): string {
  if (!named && administersAll(actor)) throw invalid('organization_id', 'Name the organization that runs the camera.');
  const organizationId = named ?? actor.organizationId;
  if (organizationId === null || !mayOnCamera(actor, 'create', { organizationId })) {
    throw forbidden('Only an administrator of the organization registers its cameras.');
  }
  return organizationId;
}

/** What the record may say of a camera. */
export const auditView = (camera: Camera, key: SealingKey) => ({
  name: camera.name,
  location: camera.location,
  stream_url: streamOf(camera, key).shown,
  active: camera.active,
});

/** @throws {DomainError} what the database's refusal means to the caller, and else the error itself. */
export function explainRefusal(error: unknown): never {
  if (error instanceof UniqueViolationError)
    throw invalid('name', 'The organization has a camera of that name already.');
  if (error instanceof ForeignKeyViolationError) throw invalid('organization_id', 'There is no such organization.');
  throw error;
}
