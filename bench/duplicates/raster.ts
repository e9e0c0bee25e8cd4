import sharp, { type Sharp } from 'sharp';
import type { Random } from './random.js';

/** RGB, 8 bits a channel, interleaved, rows without padding. */
export interface Raster {
  data: Buffer;
  width: number;
  height: number;
}

/** One step of making a copy; `other` is a photo that has nothing to do with this one. */
export type Edit = (photo: Raster, random: Random, other: Raster) => Promise<Raster>;

export function openRaster({ data, width, height }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export async function toRaster(picture: Sharp): Promise<Raster> {
  // Compositing comes after flattening in sharp's pipeline, and brings an alpha channel of its own.
  const { data, info } = await picture
    .removeAlpha()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data: (channels as number) === 3 ? data : greyToRgb(data), width, height };
}

function greyToRgb(grey: Buffer): Buffer {
  const data = Buffer.allocUnsafe(grey.length * 3);
  for (let i = 0; i < grey.length; i++) data.fill(grey[i]!, i * 3, i * 3 + 3);
  return data;
}

/** An edit that sharp does in one pipeline. */
export function piped(edit: (picture: Sharp, photo: Raster, random: Random) => Sharp): Edit {
  return (photo, random) => toRaster(edit(openRaster(photo), photo, random));
}

export async function renderSvg(svg: string): Promise<Raster> {
  return toRaster(sharp(Buffer.from(svg)));
}

/** `svg` is laid over the photo at its size. */
export async function drawOver(photo: Raster, svg: string): Promise<Raster> {
  const { width, height } = photo;
  const layer = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${svg}</svg>`;
  return toRaster(openRaster(photo).composite([{ input: Buffer.from(layer), left: 0, top: 0 }]));
}

export function inSequence(...edits: Edit[]): Edit {
  return async (photo, random, other) => {
    let raster = photo;
    for (const edit of edits) raster = await edit(raster, random, other);
    return raster;
  };
}

/** For a target pixel, the place in the source it shows, in pixels. */
type Mapping = (x: number, y: number) => readonly [number, number];

interface Foreground {
  over: Raster;
  /** `null` where the ground shows. */
  at: (x: number, y: number) => readonly [number, number] | null;
}

/** Samples bilinearly; places outside the source take its nearest edge's colour. */
export function warp(ground: Raster, width: number, height: number, map: Mapping, foreground?: Foreground): Raster {
  const data = Buffer.allocUnsafe(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const front = foreground?.at(x, y);
      const [sourceX, sourceY] = front ?? map(x, y);
      sample(front && foreground ? foreground.over : ground, sourceX, sourceY, data, (y * width + x) * 3);
    }
  }
  return { data, width, height };
}

function sample({ data, width, height }: Raster, x: number, y: number, target: Buffer, at: number): void {
  const clampedX = Math.min(Math.max(x, 0), width - 1.001);
  const clampedY = Math.min(Math.max(y, 0), height - 1.001);
  const left = Math.floor(clampedX);
  const top = Math.floor(clampedY);
  const right = clampedX - left;
  const down = clampedY - top;
  const stride = width * 3;
  const first = top * stride + left * 3;
  for (let channel = 0; channel < 3; channel++) {
    const i = first + channel;
    const above = data[i]! * (1 - right) + data[i + 3]! * right;
    const below = data[i + stride]! * (1 - right) + data[i + stride + 3]! * right;
    target[at + channel] = Math.round(above * (1 - down) + below * down);
  }
}
