import { useEffect, useState } from 'react';
import { Icon } from './icon.js';
import { lookAgain } from './look-again.js';

export interface PictureProps {
  src: string | null;
  alt: string;
  className?: string;
  eager?: boolean;
}

/** Together some four minutes. */
const MOST_LOOKS = 12;

/** A picture in its place; where it cannot be shown, a sign says so, until it can. */
export function Picture({ src: address, alt, className = 'picture', eager = false }: PictureProps) {
  const src = address && withoutWaiting(address);
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    if (failed === undefined) return undefined;
    return lookAgain(failed, { most: MOST_LOOKS, onThere: () => setFailed(undefined) });
  }, [failed]);
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

/** Whoever asks again need not hold one of the browser's few connections while a preview is being made. */
function withoutWaiting(address: string): string {
  return /\/pictures\/[^/]+\/preview\?/.test(address) ? `${address}&wait=0` : address;
}
