import { Model } from 'objection';

export type RequestStatus = 'new' | 'in_qc' | 'ready' | 'in_progress' | 'completed';

/** A customer's order for labelled data. Not called Request: that name is the web platform's. */
export class DatasetRequest extends Model {
  static override tableName = 'requests';

  declare id: string;
  declare ownerId: string;
  declare organizationId: string | null;
  declare title: string;
  declare description: string;
  declare classes: string[];
  declare status: RequestStatus;
  /** How many labelers each image is to have: its tasks share them. Null: each task has every image. */
  declare overlap: number | null;
  declare createdAt: Date;
  /** From then on it is nobody's to see, and what it holds is being deleted. */
  declare deletedAt: Date | null;
}
