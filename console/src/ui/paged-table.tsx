import type { ReactNode } from 'react';
import type { Paged } from '../use-paged.js';
import { MoreRows } from './more-rows.js';
import { PagedList } from './paged-list.js';
import { Table, type Column } from './table.js';

export interface PagedTableProps<Row> {
  /** What it is about. */
  label: string;
  list: Paged<Row>;
  columns: readonly Column<Row>[];
  empty: ReactNode;
}

export function PagedTable<Row>({ label, list, columns, empty }: PagedTableProps<Row>) {
  return (
    <PagedList list={list} empty={empty} skeleton={{ rows: 5 }}>
      {(rows) => (
        <div className="card">
          <Table label={label} columns={columns} rows={rows} keyOf={list.idOf} />
          <MoreRows {...list} />
        </div>
      )}
    </PagedList>
  );
}
