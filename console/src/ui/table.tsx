import type { ReactNode } from 'react';

export interface Column<Row> {
  title: string;
  /** What stands below explains itself: the title is for screen readers alone. */
  untitled?: boolean;
  /** A number, or what else is aligned at its end. */
  figure?: boolean;
  className?: string;
  cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  /** What it is about. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string | number;
  card?: boolean;
}

/** A table that may be wider than its place: it is scrolled, by keyboard, too. */
export function Table<Row>({ label, columns, rows, keyOf, card = false }: TableProps<Row>) {
  return (
    <div className={card ? 'card table-wrap' : 'table-wrap'} role="group" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ title, untitled, figure }, column) => (
              <th key={column} scope="col" className={figure ? 'figure' : undefined}>
                {untitled ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map(({ figure, className, cell }, column) => (
                <td key={column} className={figure ? 'figure' : className}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
