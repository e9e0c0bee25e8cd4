import { CheckViolationError, ForeignKeyViolationError, UniqueViolationError } from 'objection';
import { invalid } from '../../errors.js';

/** What the database's refusal of a user's row means to the caller; any other error as it is. */
export function explainRefusal(error: unknown): unknown {
  if (error instanceof UniqueViolationError) {
    return error.constraint === 'users_email_unique'
      ? invalid('email', 'Email already exists.')
      : invalid('username', 'Username already exists.');
  }
  if (error instanceof CheckViolationError && error.constraint === 'users_username_form') {
    return invalid('username', 'An e-mail as username must be the user’s own.');
  }
  if (error instanceof ForeignKeyViolationError && error.constraint === 'users_organization_id_foreign') {
    return invalid('organization_id', 'There is no such organization.');
  }
  return error;
}
