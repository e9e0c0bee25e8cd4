export interface SelectFilterProps<Value extends string> {
  label: string;
  /** Of the choice that filters nothing, which is the empty value; unset where there is none. */
  any?: string;
  options: readonly (readonly [value: Value, label: string])[];
  value: Value | '';
  onChange: (value: Value | '') => void;
}

/** One of several, in a bar above a list. */
export function SelectFilter<Value extends string>({ label, any, options, value, onChange }: SelectFilterProps<Value>) {
  return (
    <select
      className="select bar-select"
      aria-label={label}
      value={value}
      onChange={({ target }) => onChange(target.value as Value | '')}
    >
      {any !== undefined && <option value="">{any}</option>}
      {options.map(([option, name]) => (
        <option key={option} value={option}>
          {name}
        </option>
      ))}
    </select>
  );
}
