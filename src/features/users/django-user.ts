import { z } from 'zod';
import { isPasswordHash } from '../auth/password.js';
import type { RoleCode } from '../auth/actor.js';

/** What Django writes for a password that nobody can sign in with. */
const UNUSABLE = '!';

const text = z
  .string()
  .trim()
  .nullish()
  .transform((value) => value ?? '');
const date = z.coerce.date().nullish();

/** A user as `manage.py dumpdata` writes him, of Django's own model or one of the service's own. */
const djangoUserSchema = z.object({
  model: z.string(),
  fields: z.object({
    email: text,
    username: text,
    name: text,
    first_name: text,
    last_name: text,
    // A dump made without passwords still has its people.
    password: z
      .string()
      .nullish()
      .transform((hash) => hash ?? UNUSABLE),
    is_active: z.boolean().default(true),
    is_staff: z.boolean().default(false),
    is_superuser: z.boolean().default(false),
    date_joined: date,
    last_login: date,
  }),
});

export interface ImportedUser {
  account: {
    email: string;
    username: string;
    name: string;
    passwordHash: string;
    isActive: boolean;
    createdAt: Date;
    lastActiveAt: Date | null;
  };
  /** What his standing in Django comes to. */
  roles: RoleCode[];
  /** Why he has to be given a new password; null where his own goes on. */
  passwordLost: string | null;
}

/** Null: a row of another model. A text: why this user cannot be brought over. */
export type DjangoEntry = { user: ImportedUser } | { name: string; reason: string } | null;

/** Reads one object of a dump. */
export function readDjangoUser(entry: unknown): DjangoEntry {
  if (!isUserModel(entry)) return null;
  const parsed = djangoUserSchema.safeParse(entry);
  if (!parsed.success) return { name: nameIn(entry), reason: z.prettifyError(parsed.error) };
  const { fields } = parsed.data;
  const email = (fields.email || fields.username).normalize('NFC');
  if (!z.email().safeParse(email).success) {
    return { name: fields.username || '?', reason: 'has no e-mail address' };
  }
  // A name with an @ could be taken for somebody's address.
  const username = /^[\p{L}\p{N}._-]{1,64}$/u.test(fields.username) ? fields.username.normalize('NFC') : email;
  return {
    user: {
      account: {
        email,
        username,
        name: fields.name || `${fields.first_name} ${fields.last_name}`.trim() || username,
        passwordHash: isPasswordHash(fields.password) ? fields.password : UNUSABLE,
        isActive: fields.is_active,
        createdAt: fields.date_joined ?? new Date(),
        lastActiveAt: fields.last_login ?? null,
      },
      roles: [
        ...(fields.is_superuser ? (['SUPER_ADMIN'] as const) : []),
        ...(fields.is_staff ? (['ADMIN'] as const) : []),
      ],
      passwordLost: whyLost(fields.password),
    },
  };
}

function whyLost(password: string): string | null {
  if (isPasswordHash(password)) return null;
  if (password.startsWith(UNUSABLE)) return 'was unusable, or is not in the dump';
  if (password.startsWith('pbkdf2_sha256$')) return 'has a hash that nobody can have been given';
  const [algorithm = ''] = password.split('$');
  return `is hashed by ${algorithm.slice(0, 40)}`;
}

function nameIn(entry: unknown): string {
  const { username, email } = (entry as { fields?: Record<string, unknown> | null }).fields ?? {};
  return ([username, email].find((name) => typeof name === 'string' && name !== '') as string | undefined) ?? '?';
}

/** A row of a model of users, or with a password, is somebody's, and not to be passed over in silence. */
function isUserModel(entry: unknown): boolean {
  const { model, fields } = (entry ?? {}) as { model?: unknown; fields?: unknown };
  const isNamedUser = typeof model === 'string' && /\.[a-z_]*user$/i.test(model);
  return isNamedUser || (typeof fields === 'object' && fields !== null && 'password' in fields);
}
