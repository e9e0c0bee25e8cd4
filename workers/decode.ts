import { open } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import type { AnalysisTask, ImageContentType, ThumbnailTask } from './analysis.js';
import { REDUCED_SIDE } from './fingerprint/luma.js';
import { readReducedJpeg } from './jpeg/reduced-jpeg.js';
import type { ColourPlanes, Pixels } from './pixels.js';
import { UndecodablePicture, verdictOn } from './undecodable.js';

// libvips would open SVG, TIFF, PDF and more; what it is not told to open it must not look at.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
// The pool's threads are the parallelism, and no picture is seen twice.
sharp.concurrency(1);
sharp.cache(false);

export type Decoded<Decoding = Pixels> =
  | { pixels: Decoding; width: number; height: number; error: null }
  /** `width` and `height` are 0 where not even the header could be read; `error` is a verdict on the picture. */
  | { pixels: null; width: number; height: number; error: UndecodablePicture };

/**
 * Decodes a JPEG, PNG or WebP (its first frame) to upright RGB8 at native size, transparency on white. ICC profiles are
 * skipped: neither hash nor detector gains by them.
 * @throws where the file cannot be read or memory runs out; a bad picture is an answer with `error`.
 */
export async function decode(task: AnalysisTask): Promise<Decoded> {
  try {
    const { data, info } = await forgivingHarmlessWarnings(task, (failOn) =>
      openPicture(task, { failOn, ignoreIcc: true })
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        // Not `toUint8Array`: sharp 0.35.5 never frees what that returns.
        .toBuffer({ resolveWithObject: true }),
    );
    const { width, height } = info;
    return { pixels: { data, width, height }, width, height, error: null };
  } catch (error) {
    if (!(error instanceof UndecodablePicture)) throw error;
    return { pixels: null, ...(await headerSize(task)), error };
  }
}

/**
 * Decodes a picture as `decode` does, but large ones at a half, a quarter or an eighth of their size, still about 512 px
 * or more: most JPEGs as `readReducedJpeg` does, which leaves their colours as they are kept, others by decoders that then
 * leave work out. `width` and `height` are those of the whole picture, upright.
 * @throws as `decode` does.
 */
export async function decodeReduced(task: AnalysisTask): Promise<Decoded<Pixels | ColourPlanes>> {
  if (task.contentType === 'image/jpeg') {
    const jpeg = readReducedJpeg(task.path, task.maxPixels, reductionOf);
    if (jpeg) return { ...jpeg, error: null };
  }
  try {
    const { data, info, size } = await forgivingHarmlessWarnings(task, async (failOn) => {
      const picture = openPicture(task, { failOn, ignoreIcc: true });
      const { autoOrient } = await picture.metadata();
      const factor = reductionOf(Math.max(autoOrient.width, autoOrient.height));
      if (factor > 1) {
        const [width, height] = [Math.ceil(autoOrient.width / factor), Math.ceil(autoOrient.height / factor)];
        picture.resize({ width, height, fit: 'fill', kernel: 'linear' });
      }
      const reduced = await picture
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      return { ...reduced, size: autoOrient };
    });
    return { pixels: { data, width: info.width, height: info.height }, ...size, error: null };
  } catch (error) {
    if (!(error instanceof UndecodablePicture)) throw error;
    return { pixels: null, ...(await headerSize(task)), error };
  }
}

/** Sides down to this are as good as 512 px: an eighth of a 12-megapixel photo. */
const LEAST_REDUCED_SIDE = 0.94 * REDUCED_SIDE;

function reductionOf(longSide: number): number {
  return [8, 4, 2].find((factor) => longSide / factor >= LEAST_REDUCED_SIDE) ?? 1;
}

/**
 * A WebP of at most `size` pixels on the long side, upright, in sRGB, without metadata; never enlarged.
 * @throws {UndecodablePicture} and, where the file cannot be read or memory runs out, other errors.
 */
export async function renderThumbnail(task: ThumbnailTask): Promise<Uint8Array> {
  return forgivingHarmlessWarnings(task, (failOn) =>
    openPicture(task, { failOn, ignoreIcc: false })
      .resize({ width: task.size, height: task.size, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80, effort: 2 })
      .toBuffer(),
  );
}

/** Bytes of EXIF, XMP, IPTC and ICC data in a picture; reads the header alone. 0 where there is none to read. */
export async function metadataSize({ path }: AnalysisTask): Promise<number> {
  try {
    const { exif, xmp, iptc, icc } = await sharp(path, { limitInputPixels: false, failOn: 'none' }).metadata();
    return [exif, xmp, iptc, icc].reduce((sum, block) => sum + (block?.length ?? 0), 0);
  } catch {
    return 0;
  }
}

type FailOn = 'warning' | 'error';

function openPicture(task: AnalysisTask, options: { failOn: FailOn; ignoreIcc: boolean }): Sharp {
  return sharp(task.path, {
    ...options,
    autoOrient: true,
    limitInputPixels: task.maxPixels,
    sequentialRead: true,
  });
}

/**
 * Lost pixel data in a JPEG is only a warning to libjpeg, and so are the harmless oddities of some cameras. The first
 * make a picture corrupt, the second do not.
 */
async function forgivingHarmlessWarnings<T>(task: AnalysisTask, run: (failOn: FailOn) => Promise<T>): Promise<T> {
  await checkSignature(task);
  try {
    return await run('warning');
  } catch (warning) {
    if (warning instanceof Error && BEYOND_DOUBT.test(warning.message)) throw verdictOn(warning);
  }
  try {
    return await run('error');
  } catch (error) {
    // A file that sharp has no handle left to open is to it one of no known format: opening it again tells.
    await checkSignature(task);
    throw error instanceof Error ? verdictOn(error) : error;
  }
}

const BEYOND_DOUBT = /premature end|bad Huffman code|instead of RST|exceeds pixel limit/i;

const signatures: Record<ImageContentType, { name: string; matches: (head: Buffer) => boolean }> = {
  'image/jpeg': { name: 'JPEG', matches: (head) => head.toString('latin1', 0, 3) === '\xff\xd8\xff' },
  'image/png': { name: 'PNG', matches: (head) => head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n' },
  'image/webp': { name: 'WebP', matches: (head) => /^RIFF.{4}WEBP$/s.test(head.toString('latin1', 0, 12)) },
};

/** libvips chooses its decoder by these bytes too, so this decides which one runs. */
async function checkSignature({ path, contentType }: AnalysisTask): Promise<void> {
  const file = await open(path);
  try {
    const { buffer: head } = await file.read(Buffer.alloc(12), 0, 12, 0);
    const { name, matches } = signatures[contentType];
    if (!matches(head)) throw new UndecodablePicture(`The file is not a ${name} picture.`, true);
  } finally {
    await file.close();
  }
}

async function headerSize({ path, contentType }: AnalysisTask): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient, format } = await sharp(path, { limitInputPixels: false, failOn: 'none' }).metadata();
    return `image/${format}` === contentType ? autoOrient : { width: 0, height: 0 };
  } catch {
    return { width: 0, height: 0 };
  }
}
