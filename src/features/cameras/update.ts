import type { Knex } from 'knex';
import { raw } from 'objection';
import { Camera } from '../../../models/camera.js';
import type { Caller } from '../auth/caller.js';
import { changedFields } from '../audit/changed-fields.js';
import type { SealingKey } from '../../sealed-text.js';
import { recordAudit } from '../audit/record.js';
import { auditView, explainRefusal } from './create.js';
import { findCamera } from './find.js';
import { streamColumns, streamOf } from './stream-of.js';
import { parseStreamUrl, readStreamUrl, type StreamUrl } from './stream-url.js';

export interface CameraChanges {
  name?: string | undefined;
  location?: string | undefined;
  active?: boolean | undefined;
  /** The whole of it: without credentials, those kept before are gone. */
  streamUrl?: string | undefined;
}

/**
 * Changes what is given of a camera and leaves the rest.
 * @throws {DomainError} as `findCamera`; `invalid` naming `name` when the organization has another camera of that name.
 */
export async function updateCamera(
  db: Knex,
  caller: Caller,
  id: string,
  { streamUrl, name, location, active }: CameraChanges,
  key: SealingKey,
): Promise<Camera> {
  const stream = streamUrl === undefined ? undefined : readStreamUrl(streamUrl);
  return db.transaction(async (trx) => {
    const camera = await findCamera(trx, caller.actor, id, 'change', { lock: true });
    const present = streamOf(camera, key);
    const isNewStream = stream !== undefined && stream.complete !== present.complete;
    const wanted = {
      name: name?.normalize('NFC') ?? camera.name,
      location: location ?? camera.location,
      stream_url: stream?.shown ?? present.shown,
      active: active ?? camera.active,
    };
    const { before, after, changed } = changedFields(auditView(camera, key), wanted);
    if (!changed && !isNewStream) return camera;

    const columns = { name: wanted.name, location: wanted.location, active: wanted.active, updatedAt: raw('now()') };
    // A row that still has it all in the clear is sealed on the way.
    const kept = isNewStream ? stream : camera.sealedStreamUrl ? null : parseStreamUrl(camera.streamUrl);
    const sealed = kept && streamColumns(key, id, kept);
    const updated = await Camera.query(trx)
      .patchAndFetchById(id, { ...columns, ...sealed })
      .catch(explainRefusal);
    const credentials = isNewStream ? fateOfCredentials(present, stream) : undefined;
    await recordAudit(trx, caller, {
      action: 'camera.updated',
      target: { type: 'camera', id },
      organizationId: camera.organizationId,
      details: { before, after, ...(credentials && { credentials }) },
    });
    return updated;
  });
}

type HasCredentials = Pick<StreamUrl, 'hasCredentials'>;

function fateOfCredentials(before: HasCredentials, after: HasCredentials) {
  if (after.hasCredentials) return before.hasCredentials ? 'replaced' : 'set';
  return before.hasCredentials ? 'cleared' : undefined;
}
