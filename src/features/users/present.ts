import { z } from 'zod';
import type { User } from '../../../models/user.js';
import { platformRole } from '../auth/actor.js';
import { rolesOf } from '../auth/find-actor.js';

export const roleCodeSchema = z.enum(['SUPER_ADMIN', 'ADMIN', 'LABELER', 'CUSTOMER', 'VIEWER']);

export const userSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  username: z.string(),
  role: z.enum(['universal', 'admin', 'labeler', 'customer']),
  roles: z.array(roleCodeSchema),
  is_admin: z.boolean(),
  is_active: z.boolean(),
});

/** @param user with `userRoles` fetched. */
export function presentUser(user: User): z.infer<typeof userSchema> {
  const roles = [...rolesOf(user)];
  const role = platformRole(roles);
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    username: user.username,
    role,
    roles,
    is_admin: role === 'admin' || role === 'universal',
    is_active: user.isActive,
  };
}

/** A user as he himself and who administers him see him. */
export const accountSchema = userSchema.extend({
  coren: z.string().nullable().meta({ description: 'Registration with the professional council of nurses.' }),
  specialty: z.string().nullable(),
  institution: z.string().nullable(),
  organization_id: z.uuid().nullable(),
  created_at: z.iso.datetime(),
  last_active: z.iso.datetime().nullable().meta({ description: 'To within a few minutes.' }),
});

/** As an administrator has him in a list. */
export const listedUserSchema = accountSchema.extend({
  classification_count: z.number().int().meta({ description: 'Images he has classified.' }),
});

/** @param user with `userRoles` fetched. */
export const presentAccount = (user: User): z.infer<typeof accountSchema> => ({
  ...presentUser(user),
  coren: user.coren,
  specialty: user.specialty,
  institution: user.institution,
  organization_id: user.organizationId,
  created_at: user.createdAt.toISOString(),
  last_active: user.lastActiveAt?.toISOString() ?? null,
});
