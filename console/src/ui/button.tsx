import type { ButtonHTMLAttributes, Ref } from 'react';
import { Icon, type IconName } from './icon.js';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'primary' | 'danger' | 'plain' | undefined;
  size?: 'small' | undefined;
  icon?: IconName | undefined;
  /** It is at work: it shows that, and takes no second press. */
  busy?: boolean | undefined;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind, size, icon, busy = false, className = '', children, disabled, ...rest }: ButtonProps) {
  const bare = children === undefined;
  const classes = ['button', kind, size, bare && 'icon', className].filter(Boolean).join(' ');
  return (
    <button type="button" className={classes} disabled={(disabled ?? false) || busy} aria-busy={busy} {...rest}>
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
