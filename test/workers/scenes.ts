import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { AnalysisTask, ImageContentType } from '../../workers/analysis.js';
import { ORIENTATION_MAPS } from '../../workers/match/affine.js';
import type { Orientation } from '../../workers/match/pair-match.js';
import type { Pixels } from '../../workers/pixels.js';

type Colour = readonly [red: number, green: number, blue: number];

/** Draws a picture from a function of x and y, both 0…1. */
export function paint(width: number, height: number, colourAt: (x: number, y: number) => Colour): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) data.set(colourAt((x + 0.5) / width, (y + 0.5) / height), at);
  }
  return { data, width, height };
}

/** A scene of forty overlapping ellipses and a fine weave. Two seeds have nothing in common. */
export function scene(seed: number, width = 400, height = 300): Pixels {
  const random = randomFrom(seed);
  const ellipses = Array.from({ length: 40 }, () => ({
    x: random(),
    y: random(),
    rx: 0.03 + random() * 0.2,
    ry: 0.03 + random() * 0.2,
    colour: [random() * 230, random() * 230, random() * 230] as const,
  }));
  return paint(width, height, (x, y) => {
    const top = ellipses.findLast((e) => ((x - e.x) / e.rx) ** 2 + ((y - e.y) / e.ry) ** 2 < 1);
    const weave = 12 * Math.sin(90 * x) * Math.sin(70 * y);
    const [red, green, blue] = top?.colour ?? [128, 128, 128];
    return [red + weave + 12, green + weave + 12, blue + weave + 12];
  });
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The picture laid another way, pixel by pixel. */
export function lay({ data, width, height }: Pixels, orientation: Orientation): Pixels {
  const [a, b, c, d, e, f] = ORIENTATION_MAPS[orientation];
  const isTransposed = a === 0;
  const [newWidth, newHeight] = isTransposed ? [height, width] : [width, height];
  const laid = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [(x + 0.5) / width, (y + 0.5) / height];
      const [toX, toY] = [Math.floor((a * u + b * v + c) * newWidth), Math.floor((d * u + e * v + f) * newHeight)];
      laid.set(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (toY * newWidth + toX) * 3);
    }
  }
  return { data: laid, width: newWidth, height: newHeight };
}

export function toSharp({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** RGB pixels of an encoded picture that the test itself made. */
export async function toPixels(encoded: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(encoded).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const contentTypes: Record<string, ImageContentType> = {
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** A folder for one test file's pictures. */
export class PictureFolder {
  #files = 0;

  private constructor(readonly path: string) {}

  static async make(): Promise<PictureFolder> {
    return new PictureFolder(await mkdtemp(join(tmpdir(), 'assay-pictures-')));
  }

  /** Writes a file of its own and makes the task that looks at it; the content type follows the name. */
  async task(name: string, bytes: Uint8Array): Promise<AnalysisTask> {
    const path = join(this.path, `${++this.#files}-${name}`);
    await writeFile(path, bytes);
    return { path, contentType: contentTypes[extname(name)] ?? 'image/jpeg', maxPixels: 4_000_000 };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
