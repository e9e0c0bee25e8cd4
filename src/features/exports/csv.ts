import { stringify } from 'csv-stringify/sync';

/** Columns of a table by their heads, and what stands in them. */
export type Columns<Row> = Record<string, (row: Row) => string | number | boolean | null>;

/** Names in one cell, `|` between them; what is `|` in a name has a backslash before it, as has a backslash. */
export const joinNames = (names: readonly string[]) =>
  names.map((name) => name.replaceAll(/[\\|]/g, String.raw`\$&`)).join('|');

export const csvHead = (columns: Columns<never>) => stringify([Object.keys(columns)], { record_delimiter: 'windows' });

/**
 * Rows of RFC 4180. What a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab and carriage return at the
 * beginning of a text) gets an apostrophe before it: file names come from strangers.
 */
export function csvRows<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const cells = Object.values(columns);
  return stringify(
    rows.map((row) => cells.map((cell) => cell(row))),
    { record_delimiter: 'windows', escape_formulas: true, cast: { boolean: String } },
  );
}
