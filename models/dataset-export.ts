import { Model } from 'objection';

export type ExportFormat = 'jsonl' | 'csv' | 'coco' | 'imagefolder' | 'huggingface' | 'qc_csv' | 'qc_html';
export type ExportStatus = 'queued' | 'running' | 'completed' | 'failed';

export const activeExportStatuses: readonly ExportStatus[] = ['queued', 'running'];

/** A request's images and labels, or its QC report, as one file to be fetched. */
export class DatasetExport extends Model {
  static override tableName = 'exports';

  declare id: string;
  declare requestId: string;
  declare requestedBy: string;
  declare format: ExportFormat;
  /** Whether images rejected as duplicates are in it. */
  declare includeRejected: boolean;
  declare status: ExportStatus;
  declare imagesTotal: number;
  declare imagesDone: number;
  /** Whose file was no longer in storage. */
  declare imagesMissing: number;
  /** Once completed. */
  declare storageKey: string | null;
  declare bytes: number | null;
  declare error: string | null;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare completedAt: Date | null;
}
