import { Model } from 'objection';

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
  /** Analyses of versions before 3 lack the kind. */
  declare provenance: { source: string; kind?: string; generator: string | null; value: string }[];
  declare findings: string[];
  /** Of EXIF, XMP, IPTC and colour profile together. */
  declare metadataBytes: number;
  declare error: string | null;
  declare createdAt: Date;
}
