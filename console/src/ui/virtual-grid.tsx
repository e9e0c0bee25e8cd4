import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode, type Ref } from 'react';

export interface GridHandle {
  columns: number;
  reveal: (index: number) => void;
}

export interface VirtualGridProps {
  count: number;
  /** The narrowest that a cell may get; two stand side by side on a phone. */
  minWidth?: number;
  /** Beneath the picture, in pixels. */
  captionHeight: number;
  renderCell: (index: number) => ReactNode;
  /** Called when the last rows come near. */
  onNearEnd?: () => void;
  /** Given to each row, between the list and its entries. */
  rowRole?: 'presentation';
  ref?: Ref<GridHandle>;
}

const GAP = 14;
const NARROW_GAP = 8;
const OVERSCAN = 4;
/** Of what sticks to the window's top: what is revealed is to stand below it. */
const BAR_HEIGHT = 72;

/** A grid of equal cells that scrolls with the page and holds only the rows that are near, of however many. */
export function VirtualGrid({
  count,
  minWidth = 190,
  captionHeight,
  renderCell,
  onNearEnd,
  rowRole,
  ref,
}: VirtualGridProps) {
  const container = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [margin, setMargin] = useState(0);

  useLayoutEffect(() => {
    const element = container.current;
    if (!element) return;
    const measure = () => {
      setWidth(element.clientWidth);
      setMargin(Math.round(element.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    // What stands above may grow and shrink, too.
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const gap = width < 560 ? NARROW_GAP : GAP;
  const narrowest = width < 560 ? Math.min(minWidth, 140) : minWidth;
  const columns = Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
  const cellWidth = (width - gap * (columns - 1)) / columns;
  const rowHeight = Math.round(cellWidth * 0.75) + captionHeight + gap;
  const rows = width > 0 ? Math.ceil(count / columns) : 0;

  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: margin,
    scrollPaddingStart: BAR_HEIGHT,
    scrollPaddingEnd: gap,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const shown = virtualizer.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (rows > 0 && lastShown >= rows - OVERSCAN * 2) onNearEnd?.();
  }, [lastShown, rows, onNearEnd]);

  useImperativeHandle(
    ref,
    () => ({
      columns,
      reveal: (index) => virtualizer.scrollToIndex(Math.floor(index / columns), { align: 'auto' }),
    }),
    [columns, virtualizer],
  );

  return (
    <div
      ref={container}
      role={rowRole}
      style={{ position: 'relative', height: virtualizer.getTotalSize(), overflowAnchor: 'none' }}
    >
      {shown.map((row) => (
        <div
          key={row.key}
          role={rowRole}
          data-row={row.index}
          style={{
            position: 'absolute',
            insetInline: 0,
            top: 0,
            display: 'grid',
            gap,
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            height: rowHeight - gap,
            transform: `translateY(${row.start - margin}px)`,
          }}
        >
          {Array.from({ length: Math.min(columns, count - row.index * columns) }, (_, column) =>
            renderCell(row.index * columns + column),
          )}
        </div>
      ))}
    </div>
  );
}
