import { z } from 'zod';
import { newPasswordSchema } from '../auth/password-rules.js';
import { orBlank, pageInput } from '../../trpc/pagination.js';
import { roleCodeSchema, userSchema } from './present.js';

const profileText = z.string().trim().max(200).nullable().optional();

/** The longest address that mail can be sent to (RFC 5321, erratum 1690). */
const MAX_EMAIL = 254;

const email = z.email('Enter a valid email address.').max(MAX_EMAIL);

const username = z
  .string()
  .trim()
  .max(MAX_EMAIL)
  .refine(
    // Whether an e-mail is his own is for the domain to say.
    (text) => /^[\p{L}\p{N}._-]{1,64}$/u.test(text) || z.email().safeParse(text).success,
    'Use letters, digits, dots, hyphens and underscores only, at most 64.',
  )
  .refine(
    // Full-width letters, ligatures and the like make a name that looks like somebody else's.
    (text) => text.normalize('NFC') === text.normalize('NFKC'),
    'Use letters and digits in their ordinary form: no full-width or styled ones, no ligatures.',
  );

const name = z.string().trim().min(1).max(200);

const profession = {
  coren: profileText.meta({ description: 'Registration with the professional council of nurses.' }),
  specialty: profileText,
  institution: profileText,
};

export const newUserSchema = z
  .object({
    email,
    password: newPasswordSchema,
    name,
    username: username.optional().meta({ description: 'The e-mail unless given.' }),
    ...profession,
    organization_id: z
      .uuid()
      .nullable()
      .optional()
      .meta({ description: 'For administrators of all organizations to say; others’ users join their own.' }),
  })
  .meta({ examples: [{ email: 'user@example.com', password: 'SecurePass123', name: 'John Doe' }] });

export const userChangesSchema = z
  .object({
    id: z.string().max(64),
    name: name.optional(),
    email: email.optional(),
    username: username.optional(),
    ...profession,
    current_password: z
      .string()
      .max(1024)
      .optional()
      .meta({ description: 'Of the user, where he changes his own e-mail or username.' }),
    organization_id: z.uuid().nullable().optional().meta({ description: 'Null: he belongs to none.' }),
    is_active: z.boolean().optional(),
    roles: z
      .array(roleCodeSchema)
      .max(20)
      .optional()
      .meta({ description: 'All that he is to have, in place of those he has.' }),
  })
  .meta({
    examples: [{ id: '01941f29-7c00-7000-8000-000000000000', name: 'Jane Doe', specialty: 'Stomatherapy' }],
  });

const MAX_OFFSET = 100_000;

export const userListSchema = z
  .object({
    ...pageInput,
    offset: orBlank(
      z.coerce
        .number<number>()
        .int()
        .min(0)
        .max(MAX_OFFSET, `Beyond ${MAX_OFFSET} rows go on by the cursor, which the Link header carries.`),
    ).meta({ description: 'Rows to pass over, for clients that know no cursor.' }),
    q: z.string().max(200).optional().meta({ description: 'Part of the name, the username or the e-mail.' }),
    role: orBlank(z.enum([...roleCodeSchema.options, ...userSchema.shape.role.options])).meta({
      description: 'A role’s code, or the one word for a user’s roles.',
    }),
    is_active: orBlank(z.stringbool()),
  })
  .refine(({ cursor, offset }) => cursor === undefined || offset === undefined, {
    path: ['offset'],
    error: 'Give a cursor or an offset, not both.',
  });
