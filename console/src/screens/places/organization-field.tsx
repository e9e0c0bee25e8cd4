import { useI18n } from '../../i18n/i18n.js';
import { SelectField } from '../../ui/field.js';

export interface OrganizationFieldProps {
  organizations: readonly { id: string; name: string }[];
  /** The id of one; empty: none. */
  value: string;
  onChange: (id: string) => void;
  /** Whether one has to be chosen. */
  required?: boolean;
}

export function OrganizationField({ organizations, value, onChange, required = false }: OrganizationFieldProps) {
  const { t } = useI18n();
  return (
    <SelectField
      label={t('organization')}
      required={required}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    >
      {!required && <option value="">{t('organizationNone')}</option>}
      {organizations.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
