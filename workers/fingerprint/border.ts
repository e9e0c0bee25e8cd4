import type { Luma } from './luma.js';
import type { Region } from './tent-grid.js';

/** How far a border's pixels may stray from its brightness, 0…255: what JPEG at quality 30 does to it. */
const TOLERANCE = 9;
/** Share of a line's pixels that may stray farther: a hair, a watermark's foot. */
const STRAY_SHARE = 0.01;
/** What is left must be at least this share of each side, or there is no telling border from picture. */
const LEAST_CONTENT = 0.2;

/**
 * The picture without the one-coloured bars around it (letterbox, frame, white margin). The whole picture where there
 * is none, and where nothing or hardly anything would be left.
 */
export function findContent({ values, width, height }: Luma): Region {
  const isPlain = (start: number, count: number, stride: number, level: number) => {
    let strays = Math.floor(count * STRAY_SHARE);
    for (let i = 0, at = start; i < count; i++, at += stride) {
      if (Math.abs(values[at]! - level) > TOLERANCE && strays-- === 0) return false;
    }
    return true;
  };
  const corners = [values[0]!, values[width - 1]!, values[(height - 1) * width]!, values[height * width - 1]!];
  const level = (a: number, b: number) => (corners[a]! + corners[b]!) / 2;

  let top = 0;
  while (top < height && isPlain(top * width, width, 1, level(0, 1))) top++;
  if (top === height) return whole(width, height);
  let bottom = height;
  while (bottom > top && isPlain((bottom - 1) * width, width, 1, level(2, 3))) bottom--;
  const rows = bottom - top;
  let left = 0;
  while (left < width && isPlain(top * width + left, rows, width, level(0, 2))) left++;
  let right = width;
  while (right > left && isPlain(top * width + right - 1, rows, width, level(1, 3))) right--;
  const content = { left, top, width: right - left, height: rows };
  const isTooSmall = content.width < LEAST_CONTENT * width || content.height < LEAST_CONTENT * height;
  return isTooSmall || Math.min(content.width, content.height) < 5 ? whole(width, height) : content;
}

const whole = (width: number, height: number): Region => ({ left: 0, top: 0, width, height });
