import { useId } from 'react';
import { useI18n } from '../../i18n/i18n.js';
import { BINS } from './result-row.js';

export interface ScorePanelProps {
  title: string;
  kind: 'duplicate' | 'generated';
  bins: readonly number[];
  threshold: number;
  flagged: number;
  onChange: (threshold: number) => void;
}

const HEIGHT = 64;
const WIDTH = 400;

/** How a score is spread over the pictures, with its threshold drawn in and to be moved. */
export function ScorePanel({ title, kind, bins, threshold, flagged, onChange }: ScorePanelProps) {
  const { t, number } = useI18n();
  const id = useId();
  // The few that are suspicious are to be seen beside the many that are not.
  const highest = Math.sqrt(Math.max(1, ...bins));
  const step = WIDTH / BINS;
  const value = number(threshold, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return (
    <section className="card score-panel" aria-labelledby={`${id}-title`}>
      <div className="row between">
        <h2 id={`${id}-title`}>{title}</h2>
        <span className={`badge ${kind}`} aria-live="polite">
          {t('flaggedCount', { count: flagged })}
        </span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="histogram"
        role="img"
        aria-label={t('histogramLabel', { title, count: flagged, threshold: value })}
      >
        {bins.map((count, bin) => {
          const height = count === 0 ? 0 : Math.max(1.5, (Math.sqrt(count) / highest) * (HEIGHT - 4));
          const above = (bin + 0.5) / BINS >= threshold;
          return (
            <rect
              key={bin}
              className={above ? `bin ${kind}` : 'bin'}
              x={bin * step + 0.6}
              y={HEIGHT - height}
              width={step - 1.2}
              height={height}
            />
          );
        })}
        <line className={`threshold ${kind}`} x1={threshold * WIDTH} x2={threshold * WIDTH} y1={0} y2={HEIGHT} />
      </svg>
      <div className="slider-row">
        <label htmlFor={id} className="faint">
          {t('threshold')}
        </label>
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={threshold}
          aria-valuetext={value}
          onChange={({ target }) => onChange(Number(target.value))}
        />
        <output htmlFor={id} className="mono">
          {value}
        </output>
      </div>
    </section>
  );
}
