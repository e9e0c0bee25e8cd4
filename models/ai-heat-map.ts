import { Model } from 'objection';

/** Where in an image the detector sees what is generated: a picture made when it was first asked for. */
export class AiHeatMap extends Model {
  static override tableName = 'ai_heat_maps';
  static override idColumn = 'imageId';

  declare imageId: string;
  /** The analyser version of the image's result when this was made; null where it had none. */
  declare resultVersion: string | null;
  /** Null where there can be none. */
  declare storageKey: string | null;
  declare createdAt: Date;
}
