import { Model, type RelationMappings } from 'objection';
import { UserRole } from './user-role.js';

export class User extends Model {
  static override tableName = 'users';

  declare id: string;
  declare email: string;
  declare username: string;
  declare name: string;
  declare passwordHash: string;
  declare isActive: boolean;
  declare organizationId: string | null;
  /** A nurse's registration with the professional council. */
  declare coren: string | null;
  declare specialty: string | null;
  declare institution: string | null;
  /** To within a few minutes. */
  declare lastActiveAt: Date | null;
  declare createdAt: Date;
  /** Of one who was deleted nothing but this row is left, and it does not say who he was. */
  declare deletedAt: Date | null;

  declare userRoles?: UserRole[];

  static override get relationMappings(): RelationMappings {
    return {
      userRoles: {
        relation: Model.HasManyRelation,
        modelClass: UserRole,
        join: { from: 'users.id', to: 'user_roles.userId' },
      },
    };
  }
}
