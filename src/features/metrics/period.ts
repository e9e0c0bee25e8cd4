import type { Knex } from 'knex';
import { invalid } from '../../errors.js';
import { isTimeZone } from '../../time-zone.js';

/** Ten years, whatever leap years fall among them. */
export const MAX_DAYS = 3660;

const MS_A_DAY = 24 * 60 * 60 * 1000;

/** Days as `YYYY-MM-DD` in a time zone of the IANA database. */
export interface Days {
  from?: string | undefined;
  to?: string | undefined;
  timeZone: string;
}

/** What is looked at, `start` included and `end` not; null where it is not bounded. */
export interface Period extends Days {
  start: Date | null;
  end: Date | null;
}

/**
 * The instants between which days lie, both inclusive, by PostgreSQL's idea of the time zone, which also tells the days
 * of what is counted.
 * @throws {DomainError} `invalid` naming `from`, `to` or `time_zone`.
 */
export async function resolvePeriod(db: Knex, { from, to, timeZone }: Days): Promise<Period> {
  if (!isTimeZone(timeZone)) throw unknownTimeZone(timeZone);
  if (from !== undefined && to !== undefined) {
    if (to < from) throw invalid('to', 'The period ends before it begins: give a `to` that is not before `from`.');
    const days = (Date.parse(to) - Date.parse(from)) / MS_A_DAY + 1;
    if (days > MAX_DAYS) {
      const wayOut = 'ask for a shorter one, or for all time by leaving both dates away.';
      throw invalid('from', `The period has ${days} days, and at most ${MAX_DAYS} are taken: ${wayOut}`);
    }
  }
  const { rows } = await db
    .raw<{ rows: { start: Date | null; end: Date | null }[] }>(
      `select cast(cast(:from as date) as timestamp) at time zone :timeZone as start,
              cast(cast(:to as date) + 1 as timestamp) at time zone :timeZone as end`,
      { from: from ?? null, to: to ?? null, timeZone },
    )
    .catch((error: unknown) => {
      throw (error as { code?: string }).code === UNKNOWN_TIME_ZONE ? unknownTimeZone(timeZone) : error;
    });
  return { from, to, timeZone, start: rows[0]?.start ?? null, end: rows[0]?.end ?? null };
}

/** invalid_parameter_value */
const UNKNOWN_TIME_ZONE = '22023';

const unknownTimeZone = (name: string) =>
  invalid('time_zone', `${name} is no time zone: give a name such as America/Sao_Paulo, or UTC.`);
