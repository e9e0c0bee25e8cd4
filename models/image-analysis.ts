import { Model } from 'objection';

/** A fact read from a file's metadata; `kind` says what it is evidence of. */
export interface Provenance {
  source: string;
  /** Absent in analyses of versions before 3, whose facts all name a generator. */
  kind?: 'record' | 'declared' | 'declared_in_part' | 'mentioned' | 'camera' | 'manifest';
  generator: string | null;
  value: string;
}

/** What an analyser version found in a file's bytes; kept for good, whoever uploaded them. */
export class ImageAnalysis extends Model {
  static override tableName = 'image_analyses';
  static override idColumn = ['sha256', 'analyserVersion'];
  static override jsonAttributes = ['provenance'];

  declare sha256: Buffer;
  declare analyserVersion: string;
  declare width: number;
  declare height: number;
  declare pdq: Buffer | null;
  declare pdqQuality: number;
  declare detectorScore: number | null;
  declare provenance: Provenance[];
  declare findings: string[];
  /** Of EXIF, XMP, IPTC and colour profile together. */
  declare metadataBytes: number;
  declare error: string | null;
  declare createdAt: Date;
}
