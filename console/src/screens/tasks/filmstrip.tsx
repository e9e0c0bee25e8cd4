import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useI18n } from '../../i18n/i18n.js';

export type FrameMark = 'good' | 'warn' | 'bad' | undefined;

export interface FilmstripProps {
  images: readonly { filename: string }[];
  index: number;
  /** How the picture's frame is coloured, and what is said of it to those who do not see that. */
  frameOf: (index: number) => { mark: FrameMark; words: string };
  onGo: (index: number) => void;
}

const WIDTH = 34;

/** All pictures in a row: how each stands, and where one is. */
export function Filmstrip({ images, index, frameOf, onGo }: FilmstripProps) {
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
          const { mark, words } = frameOf(item.index);
          return (
            <button
              key={item.key}
              type="button"
              tabIndex={item.index === index ? 0 : -1}
              className={mark ? `frame ${mark}` : 'frame'}
              aria-current={item.index === index ? 'true' : undefined}
              aria-label={`${item.index + 1}: ${words}`}
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
