import type { ReactNode } from 'react';
import { Picture } from './picture.js';
import { VirtualGrid } from './virtual-grid.js';

const CAPTION_HEIGHT = 54;

export interface PictureGridProps<Row> {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  /** What is said below the name. */
  detailOf: (row: Row) => ReactNode;
  onOpen: (row: Row) => void;
  onNearEnd: () => void;
}

/** Pictures side by side, each to be opened. */
export function PictureGrid<Row extends { filename: string; preview_url: string | null }>({
  rows,
  idOf,
  detailOf,
  onOpen,
  onNearEnd,
}: PictureGridProps<Row>) {
  return (
    <VirtualGrid
      count={rows.length}
      captionHeight={CAPTION_HEIGHT}
      onNearEnd={onNearEnd}
      renderCell={(index) => {
        const row = rows[index];
        if (!row) return null;
        return (
          <button key={idOf(row)} type="button" className="cell pressable" onClick={() => onOpen(row)}>
            <Picture src={row.preview_url} alt="" />
            <span className="cell-caption">
              <span className="truncate">{row.filename}</span>
              <span className="faint">{detailOf(row)}</span>
            </span>
          </button>
        );
      }}
    />
  );
}
