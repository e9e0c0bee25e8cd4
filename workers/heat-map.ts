import sharp from 'sharp';
import type { Heat } from './detector.js';
import type { Pixels } from './pixels.js';

/** Of the longer side, pixels: that of a preview. */
const SIZE = 512;
/** Cells of the longer side that heat is gathered in before it is drawn smooth. */
const CELLS = 48;
const OPACITY = 0.62;

/** From "as a photo" to "as generated": blue, white, red, so that red and green blindness see it too. */
const COLD = [38, 84, 178] as const;
const NEUTRAL = [238, 236, 232] as const;
const HOT = [190, 22, 38] as const;

/**
 * Draws how generated the parts of a picture look over its grey reduction: a WebP of at most 512 px. Where squares
 * overlap their mean counts; between them it is that of the squares around, the nearer the more.
 * @throws where memory runs out.
 */
export async function renderHeatMap({ data, width, height }: Pixels, heat: Heat): Promise<Uint8Array> {
  const scale = Math.min(1, SIZE / Math.max(width, height));
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const cell = Math.max(width, height) / CELLS;
  const columns = Math.max(1, Math.round(width / cell));
  const rows = Math.max(1, Math.round(height / cell));
  const colours = new Uint8Array(columns * rows * 4);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const x = ((column + 0.5) * width) / columns;
      const y = ((row + 0.5) * height) / rows;
      colours.set(colourOf(probabilityAt(heat, x, y)), at);
    }
  }
  const overlay = await sharp(colours, { raw: { width: columns, height: rows, channels: 4 } })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const grey = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...size, fit: 'fill' })
    // Not `greyscale`, which leaves one channel for colours to lie on.
    .modulate({ saturation: 0 })
    .raw()
    .toBuffer();
  return sharp(grey, { raw: { ...size, channels: 3 } })
    .composite([{ input: overlay, raw: { ...size, channels: 4 } }])
    .webp({ quality: 80, effort: 2 })
    .toBuffer();
}

/** Weighted by how near the square's middle is, which falls off over a square's side. */
function probabilityAt({ side, squares }: Heat, x: number, y: number): number {
  let sum = 0;
  let weights = 0;
  for (const { left, top, probability } of squares) {
    const distance = Math.hypot(left + side / 2 - x, top + side / 2 - y) / side;
    // Never 0, or what is far from every square would have no value.
    const weight = 1 / (1e-3 + distance ** 4);
    sum += weight * probability;
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

function colourOf(probability: number): [number, number, number, number] {
  const [from, to, share] =
    probability < 0.5 ? [COLD, NEUTRAL, probability * 2] : [NEUTRAL, HOT, (probability - 0.5) * 2];
  const mixed = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * share);
  return [mixed(0), mixed(1), mixed(2), Math.round(255 * OPACITY)];
}
