import type { ExportFormat } from '../../../models/dataset-export.js';

export const exportFormats = ['jsonl', 'csv', 'coco', 'imagefolder', 'huggingface', 'qc_csv', 'qc_html'] as const;

interface FileKind {
  contentType: string;
  extension: string;
}

const ZIP = { contentType: 'application/zip', extension: 'zip' };
const CSV = { contentType: 'text/csv; charset=utf-8', extension: 'csv' };

export const fileKinds: Record<ExportFormat, FileKind> = {
  jsonl: { contentType: 'application/x-ndjson', extension: 'jsonl' },
  csv: CSV,
  coco: { contentType: 'application/json', extension: 'json' },
  imagefolder: ZIP,
  huggingface: ZIP,
  qc_csv: CSV,
  qc_html: { contentType: 'text/html; charset=utf-8', extension: 'html' },
};

/** A QC report tells of rejected images, too, unless told not to; a data set leaves them out. */
export const includesRejectedByDefault = (format: ExportFormat) => format === 'qc_csv' || format === 'qc_html';
