import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';

type TaskImage = RouterOutputs['tasks']['get']['images'][number];

export interface FilmstripProps {
  images: readonly TaskImage[];
  index: number;
  labelsOf: (index: number) => readonly string[];
  onGo: (index: number) => void;
}

const WIDTH = 34;

/** All pictures of the task in a row: which have labels, and where one is. */
export function Filmstrip({ images, index, labelsOf, onGo }: FilmstripProps) {
  const { t } = useI18n();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: images.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => WIDTH,
    overscan: 10,
  });
  useEffect(() => virtualizer.scrollToIndex(index, { align: 'center' }), [virtualizer, index]);
  return (
    <div ref={scroller} className="filmstrip" role="group" aria-label={t('pictures')}>
      <div style={{ position: 'relative', width: virtualizer.getTotalSize(), height: 32 }}>
        {virtualizer.getVirtualItems().map((item) => {
          const labels = labelsOf(item.index);
          return (
            <button
              key={item.key}
              type="button"
              tabIndex={item.index === index ? 0 : -1}
              className={labels.length > 0 ? 'frame labelled' : 'frame'}
              aria-current={item.index === index ? 'true' : undefined}
              aria-label={`${item.index + 1}: ${labels.join(', ') || '–'}`}
              title={images[item.index]?.filename}
              style={{ width: WIDTH - 4, transform: `translateX(${item.start}px)` }}
              onClick={() => onGo(item.index)}
            >
              {item.index + 1}
            </button>
          );
        })}
      </div>
    </div>
  );
}
