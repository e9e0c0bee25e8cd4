import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.js';
import { Button } from './button.js';

export interface DialogProps {
  title: string;
  onClose: () => void;
  broad?: boolean;
  /** Beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A native modal dialog: the browser keeps the focus inside, and gives it back where it was. */
export function Dialog({ title, onClose, broad = false, actions, children }: DialogProps) {
  const { t } = useI18n();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element && !element.open) {
      element.showModal();
      // Whoever opens a form means to fill it in.
      element.querySelector<HTMLElement>('form :is(input, select, textarea)')?.focus();
    }
    // While it is still in the page: else nothing has the focus then.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={broad ? 'dialog broad' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={({ currentTarget }) => {
        // A browser may close it without asking.
        if (!currentTarget.open) onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <div className="row">
          {actions}
          <Button kind="plain" icon="close" aria-label={t('close')} onClick={onClose} />
        </div>
      </div>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
