import type { Knex } from 'knex';
import { Camera } from '../../../models/camera.js';
import type { Caller } from '../auth/caller.js';
import type { SealingKey } from '../../sealed-text.js';
import { recordAudit } from '../audit/record.js';
import { auditView } from './create.js';
import { findCamera } from './find.js';

/** @throws {DomainError} as `findCamera`. */
export async function deleteCamera(db: Knex, caller: Caller, id: string, key: SealingKey): Promise<void> {
  await db.transaction(async (trx) => {
    const camera = await findCamera(trx, caller.actor, id, 'delete', { lock: true });
    await Camera.query(trx).deleteById(id);
    await recordAudit(trx, caller, {
      action: 'camera.deleted',
      target: { type: 'camera', id },
      organizationId: camera.organizationId,
      details: auditView(camera, key),
    });
  });
}
