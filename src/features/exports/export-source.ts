import type { DatasetExport } from '../../../models/dataset-export.js';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import type { Storage } from '../../storage/storage.js';
import type { Settings } from '../settings/settings.js';
import type { ExportProgress } from './export-progress.js';
import type { ExportedImage } from './exported-images.js';
import type { QcOverview } from './qc-overview.js';

/** What a format is written from. */
export interface ExportSource {
  order: DatasetExport;
  request: DatasetRequest;
  thresholds: Settings;
  /** All images, oldest first. */
  pages: () => AsyncIterable<ExportedImage[]>;
  /** What quality control found in all of them, and the worst of it. */
  overview: () => Promise<QcOverview>;
  /** To be told of each image that is dealt with. */
  progress: ExportProgress;
  storage: Storage;
  pool: Pick<AnalysisPool, 'thumbnail'>;
  maxPixels: number;
}

/** The bytes or text of the file, made as they are fetched. */
export type ExportWriter = (source: ExportSource) => AsyncIterable<string | Uint8Array>;
