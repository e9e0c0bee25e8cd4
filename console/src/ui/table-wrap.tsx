import type { ReactNode } from 'react';

export interface TableWrapProps {
  /** What the table is about. */
  label: string;
  card?: boolean;
  children: ReactNode;
}

/** Lets a table be wider than its place: it is scrolled, by keyboard, too. */
export function TableWrap({ label, card = false, children }: TableWrapProps) {
  return (
    <div className={card ? 'card table-wrap' : 'table-wrap'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
