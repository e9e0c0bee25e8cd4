import { useI18n } from '../i18n/i18n.js';
import { TextField } from './field.js';

export interface NewPasswordFieldProps {
  label: string;
  errors: readonly string[] | undefined;
  value: string;
  onChange: (value: string) => void;
}

export function NewPasswordField({ label, errors, value, onChange }: NewPasswordFieldProps) {
  const { t } = useI18n();
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      required
      minLength={8}
      hint={t('passwordHint')}
      errors={errors}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}
