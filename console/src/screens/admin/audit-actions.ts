import type { RouterOutputs } from '../../api.js';

type Action = RouterOutputs['audit']['list'][number]['action'];

/** By name, so that one which the service learns and this page does not is a type error. */
const known: Record<Action, true> = {
  'user.created': true,
  'user.updated': true,
  'user.deactivated': true,
  'user.reactivated': true,
  'user.deleted': true,
  'user.password_changed': true,
  'user.password_reset': true,
  'user.locked': true,
  'user.unlocked': true,
  'user.imported': true,
  'role.granted': true,
  'role.removed': true,
  'session.started': true,
  'session.ended': true,
  'session.reuse_detected': true,
  'sessions.ended': true,
  'token.created': true,
  'token.revoked': true,
  'organization.created': true,
  'organization.updated': true,
  'organization.deleted': true,
  'camera.created': true,
  'camera.updated': true,
  'camera.deleted': true,
  'image.deleted': true,
  'request.updated': true,
  'request.deleted': true,
  'request.assigned': true,
  'request.distributed': true,
  'settings.changed': true,
  'references.added': true,
  'references.deleted': true,
  'webhook.created': true,
  'webhook.deleted': true,
};

export const auditActions = Object.keys(known) as Action[];
