import { Model } from 'objection';

/** Who did what to whom, and from where. Rows are added and never changed. */
export class AuditEntry extends Model {
  static override tableName = 'audit_log';
  static override jsonAttributes = ['details'];

  declare id: string;
  declare action: string;
  /** Null for an operator at the command line, and for somebody who was not signed in. */
  declare actorId: string | null;
  declare targetType: string;
  declare targetId: string;
  /** Whose administrators may read it. */
  declare organizationId: string | null;
  declare details: Record<string, unknown>;
  declare ip: string | null;
  declare userAgent: string | null;
  declare requestId: string | null;
  declare createdAt: Date;
}
