import { Model } from 'objection';

/** Whom an ADMIN administers: a customer's company, a municipality, a clinic. */
export class Organization extends Model {
  static override tableName = 'organizations';

  declare id: string;
  /** Unique in any case. */
  declare name: string;
  declare createdAt: Date;
  declare updatedAt: Date;
}
