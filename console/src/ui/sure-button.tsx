import { useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n.js';
import { Button, type ButtonProps } from './button.js';

const SURE_FOR_MS = 4_000;

/** Deletes at the second press, so that a slip deletes nothing. `name` says what, to those who hear it. */
export function SureButton({
  name,
  onSure,
  ...rest
}: Omit<ButtonProps, 'onClick'> & { name: string; onSure: () => void }) {
  const { t } = useI18n();
  const [sure, setSure] = useState(false);
  useEffect(() => {
    if (!sure) return;
    const timer = window.setTimeout(() => setSure(false), SURE_FOR_MS);
    return () => window.clearTimeout(timer);
  }, [sure]);
  const label = t(sure ? 'sureDelete' : 'remove');
  return (
    <Button
      size="small"
      {...rest}
      kind={sure ? 'danger' : undefined}
      aria-label={`${label}: ${name}`}
      onClick={() => (sure ? onSure() : setSure(true))}
    >
      {label}
    </Button>
  );
}
