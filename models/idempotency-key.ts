import { Model } from 'objection';

/** A call that a user has made under a key of his, and what it was answered. */
export class IdempotencyKey extends Model {
  static override tableName = 'idempotency_keys';
  static override idColumn = ['userId', 'key'];

  declare userId: string;
  declare key: string;
  /** SHA-256 of what the call asked for. */
  declare fingerprint: Buffer;
  /** Whoever is at work on it. */
  declare holder: string;
  /** Past, without an answer: the process at work on it died. */
  declare leasedUntil: Date;
  /** Of the answer; null while the call is in flight. */
  declare status: number | null;
  /** Encrypted: some answers hold secrets. */
  declare sealedBody: Buffer | null;
  declare createdAt: Date;
}
