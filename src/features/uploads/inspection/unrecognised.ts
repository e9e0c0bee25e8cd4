import { fileTypeFromBuffer } from 'file-type';
import { PictureRejected } from './rejection.js';

const TAKEN = 'only JPEG, PNG and WebP pictures are taken';

/** Neither JPEG, PNG nor WebP. */
export class UnrecognisedFile extends Error {
  override name = 'UnrecognisedFile';

  constructor(readonly sample: Buffer) {
    super('Not one of the formats taken');
  }
}

/** Says what a refused file really is, as far as its first bytes tell. */
export async function nameUnrecognised({ sample }: UnrecognisedFile): Promise<PictureRejected> {
  if (looksLikeSvg(sample)) return unsupported('SVG');
  const type = await fileTypeFromBuffer(sample).catch(() => undefined);
  if (type?.mime.startsWith('image/')) return unsupported(type.ext.toUpperCase());
  const what = type ? `is ${type.mime}` : 'is of no known kind';
  return new PictureRejected('not_an_image', `The file is not a picture, it ${what}`, TAKEN);
}

function unsupported(format: string): PictureRejected {
  return new PictureRejected('unsupported_format', `The picture is in ${format} format`, TAKEN);
}

function looksLikeSvg(sample: Buffer): boolean {
  const text = sample.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return /^\s*</.test(text) && /<svg[\s>]/i.test(text);
}
