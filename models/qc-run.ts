import { Model } from 'objection';

export type QcRunStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

export const activeQcRunStatuses: readonly QcRunStatus[] = ['queued', 'running'];

/** What a run's pictures are matched against, beside the references. */
export type QcScope = 'request' | 'customer' | 'organization' | 'everyone';

export class QcRun extends Model {
  static override tableName = 'qc_runs';

  declare id: string;
  declare requestId: string;
  declare startedBy: string;
  declare status: QcRunStatus;
  declare scope: QcScope;
  declare imagesTotal: number;
  declare imagesDone: number;
  declare imagesFailed: number;
  declare cancelRequested: boolean;
  declare error: string | null;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare finishedAt: Date | null;
}
