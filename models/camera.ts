import { Model } from 'objection';

/** A camera that an organization runs. */
export class Camera extends Model {
  static override tableName = 'cameras';

  declare id: string;
  declare organizationId: string;
  /** Unique within the organization, in any case. */
  declare name: string;
  declare location: string;
  /** As it may be shown; in rows with nothing sealed the whole address. */
  declare streamUrl: string;
  /** The whole address, encrypted; null only in rows from before all were. */
  declare sealedStreamUrl: Buffer | null;
  declare active: boolean;
  declare createdAt: Date;
  declare updatedAt: Date;
}
