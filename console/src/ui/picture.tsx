import { useEffect, useState } from 'react';
import { Icon } from './icon.js';

export interface PictureProps {
  src: string | null;
  alt: string;
  className?: string;
  eager?: boolean;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** Together some four minutes. */
const MOST_LOOKS = 12;

/** A picture in its place; where it cannot be shown, a sign says so, until it can. */
export function Picture({ src: address, alt, className = 'picture', eager = false }: PictureProps) {
  const src = address && withoutWaiting(address);
  const [failed, setFailed] = useState<string>();
  useEffect(() => (failed === undefined ? undefined : lookAgain(failed, () => setFailed(undefined))), [failed]);
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

/** Asks for a picture ever more rarely until it is there. @returns what ends it. */
function lookAgain(src: string, onThere: () => void): () => void {
  let ended = false;
  let timer = 0;
  const plan = (looks: number) => {
    if (ended || looks === MOST_LOOKS) return;
    timer = window.setTimeout(() => look(looks + 1), Math.min(FIRST_PAUSE_MS * 2 ** looks, LONGEST_PAUSE_MS));
  };
  const look = (looks: number) => {
    const picture = new Image();
    picture.onload = () => {
      if (!ended) onThere();
    };
    picture.onerror = () => plan(looks);
    picture.src = src;
  };
  plan(0);
  return () => {
    ended = true;
    window.clearTimeout(timer);
  };
}
