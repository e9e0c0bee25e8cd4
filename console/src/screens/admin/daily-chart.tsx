import { useI18n } from '../../i18n/i18n.js';

export interface DailyChartProps {
  days: readonly { date: string; count: number }[];
  label: string;
}

const WIDTH = 900;
const HEIGHT = 180;

/** A bar a day; each says its day and figure when it is pointed at, and a table says it all to who cannot see it. */
export function DailyChart({ days, label }: DailyChartProps) {
  const { t, number, date } = useI18n();
  const highest = Math.max(1, ...days.map(({ count }) => count));
  const step = WIDTH / Math.max(1, days.length);
  const gap = Math.min(4, step * 0.25);
  const lines = [0.25, 0.5, 0.75, 1];
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="daily">
      <div className="daily-plot">
        <span className="faint daily-top">{number(highest)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
          {lines.map((share) => (
            <line
              key={share}
              className="grid-line"
              x1={0}
              x2={WIDTH}
              y1={HEIGHT * (1 - share)}
              y2={HEIGHT * (1 - share)}
            />
          ))}
          {days.map((day, index) => {
            const height = (day.count / highest) * (HEIGHT - 4);
            return (
              <rect
                key={day.date}
                className="bar-value"
                x={index * step + gap / 2}
                y={HEIGHT - height}
                width={step - gap}
                height={height}
              >
                <title>{t('metricsDayCount', { date: date(day.date), count: day.count })}</title>
              </rect>
            );
          })}
        </svg>
      </div>
      <figcaption className="row between faint">
        <span>{first && date(first.date)}</span>
        <span>{last && date(last.date)}</span>
      </figcaption>
      <table className="visually-hidden">
        <caption>{label}</caption>
        <tbody>
          {days
            .filter(({ count }) => count > 0)
            .map((day) => (
              <tr key={day.date}>
                <th scope="row">{date(day.date)}</th>
                <td>{number(day.count)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}
