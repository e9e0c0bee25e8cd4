import { Model } from 'objection';

export type RoleCode = 'SUPER_ADMIN' | 'ADMIN' | 'LABELER' | 'CUSTOMER' | 'VIEWER';

export class UserRole extends Model {
  static override tableName = 'user_roles';
  static override idColumn = ['userId', 'roleCode'];

  declare userId: string;
  declare roleCode: RoleCode;
  declare createdAt: Date;
}
