import { administers, type Actor } from '../auth/actor.js';

/**
 * - `read`: everything of it but its credentials, which nobody reads
 * - `create`, `change`, `delete`
 */
export const cameraOperations = ['read', 'create', 'change', 'delete'] as const;
export type CameraOperation = (typeof cameraOperations)[number];

export function mayOnCamera(actor: Actor, operation: CameraOperation, camera: { organizationId: string }): boolean {
  return administers(actor, camera) || (operation === 'read' && actor.organizationId === camera.organizationId);
}
