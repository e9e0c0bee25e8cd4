import { useState } from 'react';
import { Icon } from './icon.js';

export interface PictureProps {
  src: string | null;
  alt: string;
  className?: string;
  eager?: boolean;
}

/** A picture in its place; where it cannot be shown, a sign says so. */
export function Picture({ src, alt, className = 'picture', eager = false }: PictureProps) {
  const [failed, setFailed] = useState<string>();
  if (src === null || failed === src) {
    return (
      <span
        className={`${className} missing`}
        {...(alt === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': alt })}
      >
        <Icon name="picture" />
      </span>
    );
  }
  return (
    <img
      className={className}
      src={src}
      alt={alt}
      loading={eager ? 'eager' : 'lazy'}
      decoding="async"
      draggable={false}
      onError={() => setFailed(src)}
    />
  );
}
