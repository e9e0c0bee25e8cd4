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
  /**
   * What batches are cut from: the request's pictures, and once all of those are done the customer's other uploads.
   * `…_cut`: nothing is left to cut there, and batches are still to be done.
   */
  declare planning: 'request' | 'request_cut' | 'uploads' | 'uploads_cut';
  /** The last picture that is in a batch. */
  declare plannedTo: string | null;
  declare plannedAt: Date | null;
  declare error: string | null;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare finishedAt: Date | null;
}
