import { useI18n } from '../../i18n/i18n.js';

export interface BarsProps {
  /** Null: not defined. */
  rows: readonly { label: string; value: number | null }[];
  /** Of a full bar; the highest value unless given. */
  max?: number;
  digits?: number;
}

/** Figures by name, each with a bar beneath. */
export function Bars({ rows, max, digits = 0 }: BarsProps) {
  const { number } = useI18n();
  const full = max ?? Math.max(1, ...rows.map(({ value }) => value ?? 0));
  return (
    <ul className="stack tight">
      {rows.map(({ label, value }) => (
        <li key={label} className="bar-row">
          <span>{label}</span>
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect className="bar-ground" width="100" height="8" rx="1.5" />
            <rect className="bar-value" width={Math.max(0, ((value ?? 0) / full) * 100)} height="8" rx="1.5" />
          </svg>
          <span className="figure">
            {value === null ? '–' : number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })}
          </span>
        </li>
      ))}
    </ul>
  );
}
