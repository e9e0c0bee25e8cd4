import type { Knex } from 'knex';

/** What entries on a user say of his person. */
const PERSONAL = `'{name,email,username,before,after,labeler_username}'::text[]`;

/**
 * Takes out of the audit log what it says of a user's person: names and e-mails, and where he called from. That
 * something was done to whom by whom stays. To be called once he is marked deleted: the database lets it pass for such
 * alone.
 */
export async function forgetPerson(trx: Knex.Transaction, userId: string): Promise<void> {
  await trx.raw('update audit_log set ip = null, user_agent = null where actor_id = ?', [userId]);
  await trx.raw(
    `update audit_log set
       details = details - ${PERSONAL},
       ip = case when actor_id is not null then ip end,
       user_agent = case when actor_id is not null then user_agent end
     where target_type = 'user' and target_id = ?`,
    [userId],
  );
  await trx.raw(
    `update audit_log set details = details - ${PERSONAL}
     where target_type = 'request' and details ->> 'labeler_id' = :userId
       and target_id in (select cast(request_id as text) from tasks where labeler_id = :userId)`,
    { userId },
  );
}
