import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react';

interface Around {
  label: string;
  hint?: ReactNode;
  /** What the service has against the value. */
  errors?: readonly string[] | undefined;
}

interface Described {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
}

function Field({ label, hint, errors = [], render }: Around & { render: (props: Described) => ReactNode }) {
  const id = useId();
  const notes = [hint !== undefined && `${id}-hint`, errors.length > 0 && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {render({ id, ...(notes && { 'aria-describedby': notes }), ...(errors.length > 0 && { 'aria-invalid': true }) })}
      {hint !== undefined && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {errors.length > 0 && (
        <div className="field-error" id={`${id}-error`} role="alert">
          {errors.join(' ')}
        </div>
      )}
    </div>
  );
}

export function TextField({ label, hint, errors, ...rest }: Around & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field
      label={label}
      hint={hint}
      errors={errors}
      render={(props) => <input className="input" {...props} {...rest} />}
    />
  );
}

export function TextArea({ label, hint, errors, ...rest }: Around & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field
      label={label}
      hint={hint}
      errors={errors}
      render={(props) => <textarea className="textarea" {...props} {...rest} />}
    />
  );
}

export function SelectField({
  label,
  hint,
  errors,
  children,
  ...rest
}: Around & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field
      label={label}
      hint={hint}
      errors={errors}
      render={(props) => (
        <select className="select" {...props} {...rest}>
          {children}
        </select>
      )}
    />
  );
}
