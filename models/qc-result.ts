import { Model, type RelationMappings } from 'objection';
import { Image } from './image.js';
import { ReferenceImage } from './reference-image.js';

export class QcResult extends Model {
  static override tableName = 'qc_results';
  static override idColumn = 'imageId';

  declare imageId: string;
  declare requestId: string;
  declare runId: string;
  declare duplicateScore: number;
  /** Of the best match: a copy before a near shot, then the higher score. */
  declare matchRelation: 'exact' | 'copy' | 'near_shot' | null;
  /** As the comparison gave it; `duplicateScore` is the same but for near shots, which never count as copies. */
  declare matchScore: number | null;
  /** What was done to the match to make this picture. */
  declare transformation: string[];
  declare matchEvidence: Record<string, unknown> | null;
  declare matchedImageId: string | null;
  declare referenceId: string | null;
  declare aiGeneratedScore: number;
  declare findings: string[];
  /** Why the picture could not be decoded. */
  declare error: string | null;
  /** With which version the picture was looked at; null before that was kept. */
  declare analyserVersion: string | null;
  /** The sequence number up to which the picture was compared with all others. */
  declare scannedTo: number | null;
  declare createdAt: Date;

  declare image?: Image;
  declare matchedImage?: Image | null;
  declare reference?: ReferenceImage | null;

  static override get relationMappings(): RelationMappings {
    const belongsTo = (modelClass: typeof Model, from: string, to: string) => ({
      relation: Model.BelongsToOneRelation,
      modelClass,
      join: { from: `qc_results.${from}`, to },
    });
    return {
      image: belongsTo(Image, 'imageId', 'images.id'),
      matchedImage: belongsTo(Image, 'matchedImageId', 'images.id'),
      reference: belongsTo(ReferenceImage, 'referenceId', 'reference_images.id'),
    };
  }
}
