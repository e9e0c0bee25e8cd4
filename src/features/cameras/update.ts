import type { Knex } from 'knex';
import { Camera } from '../../../models/camera.js';
import type { Caller } from '../auth/caller.js';
import { changedFields } from '../audit/changed-fields.js';
import { recordAudit } from '../audit/record.js';
import { auditView, explainRefusal, streamColumns } from './create.js';
import { findCamera } from './find.js';
import { openUrl, type SealingKey } from './sealed-url.js';
import { readStreamUrl, type StreamUrl } from './stream-url.js';

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
    const isNewStream = stream !== undefined && stream.complete !== completeUrl(camera, key);
    const wanted = {
      name: name?.normalize('NFC') ?? camera.name,
      location: location ?? camera.location,
      stream_url: stream?.shown ?? camera.streamUrl,
      active: active ?? camera.active,
    };
    const { before, after, changed } = changedFields(auditView(camera), wanted);
    if (!changed && !isNewStream) return camera;

    const columns = { name: wanted.name, location: wanted.location, active: wanted.active, updatedAt: new Date() };
    const updated = await Camera.query(trx)
      .patchAndFetchById(id, { ...columns, ...(isNewStream && streamColumns(key, id, stream)) })
      .catch(explainRefusal);
    const credentials = isNewStream ? fateOfCredentials(camera, stream) : undefined;
    await recordAudit(trx, caller, {
      action: 'camera.updated',
      target: { type: 'camera', id },
      organizationId: camera.organizationId,
      details: { before, after, ...(credentials && { credentials }) },
    });
    return updated;
  });
}

/** Null when it was sealed under a secret that is no longer the service's. */
const completeUrl = ({ id, streamUrl, sealedStreamUrl }: Camera, key: SealingKey) =>
  sealedStreamUrl ? openUrl(key, id, sealedStreamUrl) : streamUrl;

function fateOfCredentials({ sealedStreamUrl }: Camera, { hasCredentials }: StreamUrl) {
  if (hasCredentials) return sealedStreamUrl ? 'replaced' : 'set';
  return sealedStreamUrl ? 'cleared' : undefined;
}
