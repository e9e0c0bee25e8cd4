import type { User } from '../../../models/user.js';
import { forbidden } from '../../errors.js';
import { type Actor, isSuperAdmin, type RoleCode } from '../auth/actor.js';
import { rolesOf } from '../auth/find-actor.js';
import { orNull } from './create.js';
import { userRow } from './find.js';
import { mayGrant, mayOnUser } from './policy.js';

/** What to change of a user; what is not given stays. */
export interface UserChanges extends Partial<UserProfile> {
  /** Null: he belongs to none. */
  organizationId?: string | null | undefined;
  isActive?: boolean | undefined;
  /** All that he is to have, in place of those he has. */
  roles?: readonly RoleCode[] | undefined;
}

export interface UserProfile {
  name: string | undefined;
  email: string | undefined;
  username: string | undefined;
  coren: string | null | undefined;
  specialty: string | null | undefined;
  institution: string | null | undefined;
}

export interface UpdatePlan {
  /** Columns of his row that get another value. */
  columns: Partial<Pick<User, 'name' | 'email' | 'username' | 'coren' | 'specialty' | 'institution'>> &
    Partial<Pick<User, 'organizationId' | 'isActive'>>;
  granted: RoleCode[];
  removed: RoleCode[];
  /** He changes the names he signs in with, himself. */
  needsPassword: boolean;
}

/**
 * What an update comes to, given the user as he is: only what becomes different counts, so that a client may send back
 * all it was shown.
 * @throws {DomainError} `forbidden` where the actor may not make one of the changes.
 */
export function planUpdate(actor: Actor, user: User, changes: UserChanges): UpdatePlan {
  const columns = changedColumns(user, changes);
  const had = rolesOf(user);
  const wanted = changes.roles ?? had;
  const granted = [...new Set(wanted)].filter((role) => !had.includes(role));
  const removed = had.filter((role) => !wanted.includes(role));

  const row = userRow(user);
  const refuse = (sentence: string) =>
    forbidden(
      had.includes('SUPER_ADMIN') && !isSuperAdmin(actor) ? 'Only a SUPER_ADMIN changes a SUPER_ADMIN.' : sentence,
    );
  const { organizationId, isActive, ...profile } = columns;
  if (Object.keys(profile).length > 0 && !mayOnUser(actor, 'changeProfile', row)) {
    throw refuse('You may not change this user.');
  }
  if (isActive !== undefined && !mayOnUser(actor, 'changeActivity', row)) {
    throw refuse('Only an administrator deactivates users and lets them in again.');
  }
  if (organizationId !== undefined && !mayOnUser(actor, 'move', row)) {
    throw refuse('Only an administrator of all organizations moves a user to another.');
  }
  if (![...granted, ...removed].every((role) => mayGrant(actor, row, role))) {
    throw refuse('Only an administrator gives and takes roles, and only a SUPER_ADMIN that of SUPER_ADMIN.');
  }
  const renamesSignIn = 'email' in columns || 'username' in columns;
  return { columns, granted, removed, needsPassword: renamesSignIn && actor.id === user.id };
}

function changedColumns(user: User, changes: UserChanges): UpdatePlan['columns'] {
  const email = changes.email?.normalize('NFC') ?? user.email;
  // One who signs in with his e-mail as username goes on doing so.
  const follows = user.username.toLowerCase() === user.email.toLowerCase() ? email : user.username;
  const wanted: Required<UpdatePlan['columns']> = {
    name: changes.name ?? user.name,
    email,
    username: changes.username?.normalize('NFC') ?? follows,
    coren: given(changes.coren, user.coren),
    specialty: given(changes.specialty, user.specialty),
    institution: given(changes.institution, user.institution),
    organizationId: changes.organizationId === undefined ? user.organizationId : changes.organizationId,
    isActive: changes.isActive ?? user.isActive,
  };
  const keys = Object.keys(wanted) as (keyof typeof wanted)[];
  return Object.fromEntries(keys.filter((key) => wanted[key] !== user[key]).map((key) => [key, wanted[key]]));
}

const given = (wanted: string | null | undefined, present: string | null) =>
  wanted === undefined ? present : orNull(wanted);
