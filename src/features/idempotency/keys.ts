import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { IdempotencyKey } from '../../../models/idempotency-key.js';
import { DomainError } from '../../errors.js';
import { openText, sealText, type SealingKey } from '../../sealed-text.js';

const LEASE_SECONDS = 30;
const RENEW_EVERY_MS = 10_000;
/** After an hour a call counts as one that will not end. */
const MOST_RENEWALS = 360;
const KEPT_HOURS = 24;
const SWEPT_AT_ONCE = 10_000;

export interface IdempotentCall {
  userId: string;
  key: string;
  /** SHA-256 of what the call asks for. */
  fingerprint: Buffer;
}

export interface KeptAnswer {
  status: number;
  body: string;
}

/** A call that is this process's to make. */
export interface Claim {
  /** Makes the lease last from now; it happens by itself, too. */
  renew(): Promise<void>;
  /** Keeps the answer for whoever repeats the call. */
  keep(answer: KeptAnswer): Promise<void>;
  /** Forgets the call, so that it can be made again. */
  release(): Promise<void>;
}

/**
 * Claims a key, or finds what the call under it was answered within the last day. Of calls at once one gets the claim.
 * One whose process died can be claimed anew half a minute later: whether it was done is then for the caller to see.
 * @throws {DomainError} `conflict` while the call is in flight, `mismatch` when the key was another call's.
 */
export async function claimKey(
  db: Knex,
  { userId, key, fingerprint }: IdempotentCall,
  sealing: SealingKey,
): Promise<Claim | KeptAnswer> {
  const holder = uuidv7();
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `insert into idempotency_keys as kept (user_id, key, fingerprint, holder, leased_until)
     values (:userId, :key, :fingerprint, :holder, now() + make_interval(secs => :lease))
     on conflict (user_id, key) do update
       set fingerprint = excluded.fingerprint, holder = excluded.holder, leased_until = excluded.leased_until,
           status = null, sealed_body = null, created_at = now()
       where kept.status is null and kept.leased_until < now()
          or kept.created_at < now() - make_interval(hours => :hours)
     returning 1`,
    { userId, key, fingerprint, holder, lease: LEASE_SECONDS, hours: KEPT_HOURS },
  );
  if (rows.length > 0) return hold(db, { userId, key, holder }, sealing);

  const kept = await IdempotencyKey.query(db).findById([userId, key]);
  if (kept && !kept.fingerprint.equals(fingerprint)) throw otherCall();
  const body = kept?.sealedBody ? openText(sealing, userId + key, kept.sealedBody) : null;
  if (!kept?.status || body === null) throw inFlight();
  return { status: kept.status, body };
}

function hold(db: Knex, row: { userId: string; key: string; holder: string }, sealing: SealingKey): Claim {
  const mine = () => IdempotencyKey.query(db).where(row);
  const renew = async () => {
    await mine().patch({ leasedUntil: raw('now() + make_interval(secs => ?)', [LEASE_SECONDS]) });
  };
  let renewals = 0;
  const timer = setInterval(() => {
    renewals += 1;
    if (renewals > MOST_RENEWALS) clearInterval(timer);
    renew().catch(() => undefined);
  }, RENEW_EVERY_MS);
  return {
    renew,
    async keep({ status, body }) {
      clearInterval(timer);
      await mine().patch({ status, sealedBody: sealText(sealing, row.userId + row.key, body) });
    },
    async release() {
      clearInterval(timer);
      await mine().delete();
    },
  };
}

const inFlight = () =>
  new DomainError('conflict', 'The call under this Idempotency-Key is still being made.', undefined, 1);

const otherCall = () =>
  new DomainError('mismatch', 'This Idempotency-Key belongs to another call: take a new one for each.', {
    'Idempotency-Key': ['It belongs to another call.'],
  });

/** Forgets calls of more than a day ago. */
export async function sweepIdempotencyKeys(db: Knex): Promise<void> {
  let swept: number;
  do {
    const { rowCount } = await db.raw<{ rowCount: number }>(
      `delete from idempotency_keys where (user_id, key) in (
         select user_id, key from idempotency_keys where created_at < now() - make_interval(hours => ?) limit ?)`,
      [KEPT_HOURS, SWEPT_AT_ONCE],
    );
    swept = rowCount;
  } while (swept === SWEPT_AT_ONCE);
}
