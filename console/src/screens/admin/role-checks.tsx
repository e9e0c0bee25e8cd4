import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { roleNames, roles, type Role } from './role-names.js';

export interface RoleChecksProps {
  value: readonly Role[];
  onChange: (roles: Role[]) => void;
}

export function RoleChecks({ value, onChange }: RoleChecksProps) {
  const { t } = useI18n();
  const me = useMe();
  const offered = roles.filter(
    (role) => role !== 'SUPER_ADMIN' || me.roles.includes('SUPER_ADMIN') || value.includes(role),
  );
  return (
    <fieldset className="stack tight plain-fieldset">
      <legend className="field-label">{t('roles')}</legend>
      {offered.map((role) => (
        <label key={role} className="check">
          <input
            type="checkbox"
            checked={value.includes(role)}
            onChange={({ target }) =>
              onChange(target.checked ? [...value, role] : value.filter((other) => other !== role))
            }
          />
          <span>
            {t(roleNames[role][0])}
            <span className="faint" style={{ display: 'block' }}>
              {t(roleNames[role][1])}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
