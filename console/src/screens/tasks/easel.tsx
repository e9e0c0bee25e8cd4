import { useEffect, type ReactNode } from 'react';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Picture } from '../../ui/picture.js';
import { Filmstrip, type FilmstripProps } from './filmstrip.js';

export interface EaselProps extends FilmstripProps {
  images: readonly { image_id: string; filename: string; url: string }[];
  /** Of all pictures, those that are not read yet too. */
  total: number;
  /** Upon the picture. */
  children?: ReactNode;
}

/** One picture, large, with the ways to the others. */
export function Easel({ images, index, total, frameOf, onGo, children }: EaselProps) {
  const { t } = useI18n();
  useEffect(() => {
    // The next pictures are there before they are asked for.
    for (const ahead of images.slice(index + 1, index + 4)) new Image().src = ahead.url;
  }, [images, index]);
  const image = images[index];
  if (!image) return null;
  return (
    <div className="stack tight">
      <div className="easel">
        <Picture key={image.image_id} src={image.url} alt={image.filename} className="easel-picture" eager />
        {children}
        <Button
          className="easel-back"
          icon="back"
          aria-label={t('previous')}
          disabled={index === 0}
          onClick={() => onGo(index - 1)}
        />
        <Button
          className="easel-next"
          icon="next"
          aria-label={t('next')}
          disabled={index === images.length - 1}
          onClick={() => onGo(index + 1)}
        />
      </div>
      <div className="row between faint">
        <span className="truncate">{image.filename}</span>
        <span aria-live="polite">{t('position', { index: index + 1, total })}</span>
      </div>
      <Filmstrip images={images} index={index} frameOf={frameOf} onGo={onGo} />
    </div>
  );
}
