import type { ReactNode } from 'react';
import { failureOf, type FieldErrors } from '../api.js';
import { useI18n } from '../i18n/i18n.js';
import { Button, type ButtonProps } from './button.js';
import { Dialog } from './dialog.js';
import { ErrorNote } from './feedback.js';
import { Form } from './form.js';

export interface DialogFormProps {
  title: string;
  /** What the button that sends it says. */
  action: string;
  kind?: ButtonProps['kind'];
  icon?: ButtonProps['icon'];
  disabled?: boolean;
  sending: { error: unknown; isPending: boolean; mutate: () => void };
  /** The fields that say themselves what the service has against them; all else is said above the buttons. */
  fields?: readonly string[];
  onClose: () => void;
  children: ReactNode | ((errors: FieldErrors) => ReactNode);
}

/** A dialog that asks for something and sends it, or is left. */
export function DialogForm(props: DialogFormProps) {
  const { title, action, kind = 'primary', icon, disabled, sending, fields = [], onClose, children } = props;
  const { t } = useI18n();
  const errors = sending.error ? failureOf(sending.error).fields : {};
  const isSaidBelow = Object.keys(errors).some((field) => fields.includes(field));
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSend={() => sending.mutate()}>
        {typeof children === 'function' ? children(errors) : children}
        {Boolean(sending.error) && !isSaidBelow && <ErrorNote error={sending.error} />}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind={kind} icon={icon} type="submit" disabled={disabled} busy={sending.isPending}>
            {action}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
