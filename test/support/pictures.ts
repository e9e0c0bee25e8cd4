import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

export interface PictureOptions {
  /** Two seeds give two pictures that have nothing in common; one seed gives the same bytes every time. */
  seed: number;
  width?: number;
  height?: number;
  format?: 'jpeg' | 'png' | 'webp';
  /** 1…100, JPEG and WebP. */
  quality?: number;
  /** Progressive JPEG, interlaced PNG. */
  progressive?: boolean;
}

interface PngChunk {
  type: string;
  data: Buffer;
}

type Random = () => number;

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Edge of the small raster that carries the picture's large forms. */
const FORM_EDGE = 96;
const GRAIN_EDGE = 128;

/**
 * A photo-like picture: forms of all sizes with a 1/f spectrum, a few hard-edged lit shapes, and grain.
 * Detailed enough for a perceptual hash to trust, and unrelated to every other seed's.
 */
export async function renderPicture(options: PictureOptions): Promise<Buffer> {
  const { width = 640, height = 480, format = 'jpeg', quality = 88, progressive = false } = options;
  const random = randomFrom(options.seed);
  const grainEdge = Math.min(GRAIN_EDGE, width, height);
  const forms = sharp(pinkNoise(random), { raw: { width: FORM_EDGE, height: FORM_EDGE, channels: 3 } });
  const picture = forms.resize(width, height, { fit: 'fill', kernel: 'cubic' }).composite([
    { input: litShapes(random, width, height), raw: { width, height, channels: 4 }, blend: 'hard-light' },
    {
      input: grain(random, grainEdge),
      raw: { width: grainEdge, height: grainEdge, channels: 4 },
      tile: true,
      blend: 'soft-light',
    },
  ]);
  const flat = picture.removeAlpha();
  if (format === 'png') return flat.png({ compressionLevel: 3, progressive }).toBuffer();
  if (format === 'webp') return flat.webp({ quality, effort: 1 }).toBuffer();
  return flat.jpeg({ quality, progressive }).toBuffer();
}

/** An animated WebP of `frames` different pictures. */
export async function renderAnimatedWebp({ seed, width = 160, height = 120, frames = 3 }: AnimationOptions) {
  const pages = await Promise.all(
    Array.from({ length: frames }, (_, frame) => renderPicture({ seed: seed + frame, width, height, format: 'png' })),
  );
  return sharp(pages, { join: { animated: true } })
    .webp({ effort: 1, delay: Array.from({ length: frames }, () => 100) })
    .toBuffer();
}

/** An animated PNG (APNG) of `frames` different pictures. */
export async function renderAnimatedPng({ seed, width = 160, height = 120, frames = 3 }: AnimationOptions) {
  const pictures = await Promise.all(
    Array.from({ length: frames }, (_, frame) => renderPicture({ seed: seed + frame, width, height, format: 'png' })),
  );
  const chunks = [headerChunk(width, height), { type: 'acTL', data: uint32s(frames, 0) }];
  let sequence = 0;
  for (const [frame, picture] of pictures.entries()) {
    const delay = Buffer.from([0, 1, 0, 10, 0, 0]);
    chunks.push({ type: 'fcTL', data: Buffer.concat([uint32s(sequence++, width, height, 0, 0), delay]) });
    for (const { data } of readPngChunks(picture).filter(({ type }) => type === 'IDAT')) {
      if (frame === 0) chunks.push({ type: 'IDAT', data });
      else chunks.push({ type: 'fdAT', data: Buffer.concat([uint32s(sequence++), data]) });
    }
  }
  return writePng([...chunks, { type: 'IEND', data: Buffer.alloc(0) }]);
}

interface AnimationOptions {
  seed: number;
  width?: number;
  height?: number;
  frames?: number;
}

/** The first `share` (0…1) of a file. */
export function truncate(file: Buffer, share = 0.6): Buffer {
  return file.subarray(0, Math.floor(file.length * share));
}

/** A PNG of a few bytes that claims to be `width` × `height`, structurally sound. */
export function pngClaiming(width: number, height: number): Buffer {
  return writePng([
    headerChunk(width, height),
    { type: 'IDAT', data: deflateSync(Buffer.alloc(1024)) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ]);
}

/** Puts chunks directly behind a PNG's header. */
export function insertPngChunks(png: Buffer, chunks: readonly PngChunk[]): Buffer {
  const [header, ...rest] = readPngChunks(png);
  if (!header) throw new Error('Not a PNG');
  return writePng([header, ...chunks, ...rest]);
}

/** A sound PNG with a compressed text chunk that unpacks to `unpackedBytes`. */
export function pngWithTextBomb(png: Buffer, unpackedBytes: number): Buffer {
  const text = deflateSync(Buffer.alloc(unpackedBytes, 0x41), { level: 9 });
  return insertPngChunks(png, [{ type: 'zTXt', data: Buffer.concat([Buffer.from('parameters\0\0', 'latin1'), text]) }]);
}

export function readPngChunks(png: Buffer): PngChunk[] {
  const chunks: PngChunk[] = [];
  for (let offset = PNG_SIGNATURE.length; offset < png.length;) {
    const length = png.readUInt32BE(offset);
    const type = png.toString('latin1', offset + 4, offset + 8);
    chunks.push({ type, data: png.subarray(offset + 8, offset + 8 + length) });
    offset += 12 + length;
  }
  return chunks;
}

export function writePng(chunks: readonly PngChunk[]): Buffer {
  const parts = chunks.map(({ type, data }) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    return Buffer.concat([uint32s(data.length), body, uint32s(crc32(body))]);
  });
  return Buffer.concat([PNG_SIGNATURE, ...parts]);
}

function headerChunk(width: number, height: number): PngChunk {
  const rgb8 = Buffer.from([8, 2, 0, 0, 0]);
  return { type: 'IHDR', data: Buffer.concat([uint32s(width, height), rgb8]) };
}

function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

/** Mulberry32: uniform in 0…1, the same sequence for a seed on every machine. */
function randomFrom(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Noise with more in the large than in the small; luminance varies more than hue. */
function pinkNoise(random: Random): Buffer {
  const planes = [0.7, 0.3, 0.3, 0.3].map((strength) => noisePlane(random).map((value) => value * strength));
  const base = [90 + random() * 70, 90 + random() * 70, 90 + random() * 70];
  const pixels = Buffer.alloc(FORM_EDGE * FORM_EDGE * 3);
  for (let pixel = 0; pixel < FORM_EDGE * FORM_EDGE; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = (base[channel] ?? 0) + 190 * ((planes[0]?.[pixel] ?? 0) + (planes[channel + 1]?.[pixel] ?? 0));
      pixels[pixel * 3 + channel] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return pixels;
}

/** About −1…1, row by row: a coarse raster, doubled again and again, finer noise added each time. */
function noisePlane(random: Random): Float32Array {
  let edge = 3;
  let plane = Float32Array.from({ length: edge * edge }, () => random() * 2 - 1);
  for (let strength = 0.6; edge < FORM_EDGE; strength *= 0.6) {
    plane = doubled(plane, edge).map((value) => value + (random() * 2 - 1) * strength);
    edge *= 2;
  }
  return plane;
}

/** Twice as wide and high, bilinear. */
function doubled(plane: Float32Array, edge: number): Float32Array<ArrayBuffer> {
  const at = (index: number) => plane[index] ?? 0;
  const larger = new Float32Array(4 * edge * edge);
  for (let y = 0; y < 2 * edge; y++) {
    const row = (y >> 1) * edge;
    const below = Math.min((y + 1) >> 1, edge - 1) * edge;
    for (let x = 0; x < 2 * edge; x++) {
      const [left, right] = [x >> 1, Math.min((x + 1) >> 1, edge - 1)];
      larger[y * 2 * edge + x] = (at(row + left) + at(row + right) + at(below + left) + at(below + right)) / 4;
    }
  }
  return larger;
}

/** Hard-edged ellipses and rectangles, each lit from one side. RGBA. */
function litShapes(random: Random, width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 4);
  for (let shape = 0; shape < 7; shape++) drawShape(pixels, random, width, height);
  return pixels;
}

function drawShape(pixels: Buffer, random: Random, width: number, height: number): void {
  const round = random() < 0.5;
  const [centreX, centreY] = [random() * width, random() * height];
  const [halfWidth, halfHeight] = [width * (0.04 + random() * 0.15), height * (0.04 + random() * 0.15)];
  const angle = random() * Math.PI * 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [lit, shaded] = [colour(random), colour(random)];
  const reach = Math.hypot(halfWidth, halfHeight);
  for (let y = Math.max(0, Math.floor(centreY - reach)); y < Math.min(height, centreY + reach); y++) {
    for (let x = Math.max(0, Math.floor(centreX - reach)); x < Math.min(width, centreX + reach); x++) {
      const along = ((x - centreX) * cos + (y - centreY) * sin) / halfWidth;
      const across = ((y - centreY) * cos - (x - centreX) * sin) / halfHeight;
      if (round ? along * along + across * across > 1 : Math.abs(along) > 1 || Math.abs(across) > 1) continue;
      const light = (along + 1) / 2;
      for (let channel = 0; channel < 3; channel++) {
        pixels[(y * width + x) * 4 + channel] = (lit[channel] ?? 0) * light + (shaded[channel] ?? 0) * (1 - light);
      }
      pixels[(y * width + x) * 4 + 3] = 204;
    }
  }
}

function colour(random: Random): number[] {
  return [0, 0, 0].map(() => Math.floor(random() * 256));
}

function grain(random: Random, edge: number): Buffer {
  const pixels = Buffer.alloc(edge * edge * 4);
  for (let pixel = 0; pixel < edge * edge; pixel++) {
    const grey = 96 + Math.floor(random() * 64);
    pixels.fill(grey, pixel * 4, pixel * 4 + 3);
    pixels[pixel * 4 + 3] = 255;
  }
  return pixels;
}
