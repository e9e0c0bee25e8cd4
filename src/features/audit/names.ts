import type { Knex } from 'knex';
import { validate } from 'uuid';
import type { AuditEntry } from '../../../models/audit-entry.js';
import { Camera } from '../../../models/camera.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Organization } from '../../../models/organization.js';
import { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { User } from '../../../models/user.js';
import { administers, type Actor } from '../auth/actor.js';

export interface Names {
  /** Of users, by id. */
  actors: Map<string, { name: string; email: string }>;
  /** What each target is called, by its id: a user's e-mail, another's name or title. */
  targets: Map<string, string>;
}

/**
 * Who acted in these events and what they were about, as they are called now. Who is gone is not among them, nor are
 * users and requests that the administrator does not administer: one who has moved on has names and titles since that
 * are for others.
 */
export async function namesIn(db: Knex, administrator: Actor, entries: readonly AuditEntry[]): Promise<Names> {
  const idsOf = (type: string) =>
    unique(entries.filter(({ targetType }) => targetType === type).map(({ targetId }) => targetId));
  const isHis = (row: { organizationId: string | null }) => administers(administrator, row);
  const actorIds = unique(entries.flatMap(({ actorId }) => actorId ?? []));

  const [anyUsers, organizations, cameras, anyRequests, tokens] = await Promise.all([
    User.query(db)
      .findByIds(unique([...actorIds, ...idsOf('user')]))
      .whereNull('deletedAt')
      .select('id', 'name', 'email', 'organizationId'),
    Organization.query(db).findByIds(idsOf('organization')).select('id', 'name'),
    Camera.query(db).findByIds(idsOf('camera')).select('id', 'name'),
    DatasetRequest.query(db).findByIds(idsOf('request')).select('id', 'title', 'organizationId'),
    PersonalAccessToken.query(db).findByIds(idsOf('token')).select('id', 'name'),
  ]);
  const [users, requests] = [anyUsers.filter(isHis), anyRequests.filter(isHis)];
  return {
    actors: new Map(users.map(({ id, name, email }) => [id, { name, email }])),
    targets: new Map([
      ...users.map(({ id, email }) => [id, email] as const),
      ...requests.map(({ id, title }) => [id, title] as const),
      ...[...organizations, ...cameras, ...tokens].map(({ id, name }) => [id, name] as const),
    ]),
  };
}

/** An id that can be none of a row's would be an error to PostgreSQL. */
const unique = (ids: readonly string[]) => [...new Set(ids)].filter((id) => validate(id));
