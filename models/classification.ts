import { Model } from 'objection';

/** As stored; `estagio1…estagio4`, `nao_classificavel` and `dtpi` are the same in Portuguese. */
export type Stage = 'stage1' | 'stage2' | 'stage3' | 'stage4' | 'not_classifiable' | 'dtpi';

/** A stage that a clinician gave a wound photo. Rows are added and never changed. */
export class Classification extends Model {
  static override tableName = 'classifications';

  declare id: string;
  declare imageId: string;
  declare userId: string;
  declare stage: Stage;
  declare observations: string;
  declare createdAt: Date;
}
