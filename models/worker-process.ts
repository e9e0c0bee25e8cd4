import { Model } from 'objection';

export interface WorkerStats {
  imagesAnalysed: number;
  analysisFailures: number;
  /** Seconds spent, summed over threads. */
  stageSeconds: { decode: number; hash: number; detect: number; provenance: number; thumbnail: number };
}

/** A QC worker process and its last sign of life. */
export class WorkerProcess extends Model {
  static override tableName = 'worker_processes';
  static override jsonAttributes = ['stats'];

  declare id: string;
  /** The names under which graphile-worker locks the jobs it has in hand. */
  declare poolIds: string[];
  declare host: string;
  declare threads: number;
  declare stats: WorkerStats;
  declare startedAt: Date;
  declare heartbeatAt: Date;
}
