import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../../workers/pixels.js';

/** What happens to pictures on their way, to both classes alike; null: nothing. */
export const renditions: readonly { name: string; make: ((picture: Pixels) => Promise<Pixels>) | null }[] = [
  { name: 'original bytes', make: null },
  { name: 'JPEG 70', make: (picture) => through(open(picture).jpeg({ quality: 70 })) },
  { name: 'both sides halved, no codec', make: halved },
  { name: 'screenshot (fit into 1280 × 720, PNG)', make: screenshot },
  { name: 'social media (≤ 1080 px, JPEG 75, sharpened)', make: socialMedia },
];

const open = ({ data, width, height }: Pixels) => sharp(data, { raw: { width, height, channels: 3 } });

function halved(picture: Pixels): Promise<Pixels> {
  const [width, height] = [Math.max(1, picture.width >> 1), Math.max(1, picture.height >> 1)];
  return through(open(picture).resize(width, height, { fit: 'fill' }).png());
}

/** As a viewer shows it: bilinear, enlarged at most to twice its size, on a dark ground, saved without loss. */
function screenshot(picture: Pixels): Promise<Pixels> {
  const scale = Math.min(2, 1280 / picture.width, 720 / picture.height);
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const frame = { top: 24, bottom: 24, left: 24, right: 24, background: '#202020' };
  return through(open(picture).resize(size[0], size[1], { fit: 'fill', kernel: 'linear' }).extend(frame).png());
}

/** As services keep uploads: the longer side at most 1080 px, a little sharpening, progressive JPEG with 4:2:0. */
function socialMedia(picture: Pixels): Promise<Pixels> {
  return through(
    open(picture)
      .resize({ width: 1080, height: 1080, fit: 'inside', withoutEnlargement: true })
      .sharpen({ sigma: 0.5 })
      .jpeg({ quality: 75, progressive: true, chromaSubsampling: '4:2:0' }),
  );
}

/** Encoded and decoded again. */
async function through(picture: Sharp): Promise<Pixels> {
  const { data, info } = await sharp(await picture.toBuffer())
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
