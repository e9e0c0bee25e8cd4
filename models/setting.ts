import { Model } from 'objection';

export class Setting extends Model {
  static override tableName = 'settings';
  static override idColumn = 'key';
  static override jsonAttributes = ['value'];

  declare key: string;
  declare value: unknown;
  declare updatedBy: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}
