import type { UploadLimits } from '../../../config.js';

export type RejectionCode =
  | 'empty'
  | 'not_an_image'
  | 'unsupported_format'
  | 'too_large'
  | 'too_many_pixels'
  | 'truncated'
  | 'animated'
  | 'corrupt'
  | 'trailing_data';

/** Why a file is not taken. The message is a sentence for the person who sent it, `fact` one without advice for him. */
export class PictureRejected extends Error {
  override name = 'PictureRejected';
  readonly fact: string;

  /** @param fact as a sentence without its full stop. @param advice what follows it behind a colon. */
  constructor(
    readonly code: RejectionCode,
    fact: string,
    advice?: string,
  ) {
    super(advice === undefined ? `${fact}.` : `${fact}: ${advice}.`);
    this.fact = `${fact}.`;
  }
}

/** What a picture may measure. */
export type PictureLimits = Pick<UploadLimits, 'maxFileBytes' | 'maxImagePixels'>;

const MIB = 1024 * 1024;

export const empty = () => new PictureRejected('empty', 'The file is empty');

export function tooLarge(maxBytes: number): PictureRejected {
  const limit = maxBytes % MIB === 0 ? `${maxBytes / MIB} MiB` : `${maxBytes} bytes`;
  return new PictureRejected('too_large', `The file is larger than ${limit}, the most that is taken`);
}

export function tooManyPixels(width: number, height: number, maxPixels: number): PictureRejected {
  const fact = `The picture measures ${width} × ${height}; at most ${maxPixels} pixels are taken`;
  return new PictureRejected('too_many_pixels', fact, 'scale it down');
}

export const truncated = () =>
  new PictureRejected('truncated', 'The file ends in the middle of the picture', 'send it again in full');

export const animated = () =>
  new PictureRejected('animated', 'The picture is animated', 'send a single frame as a picture of its own');

export const corrupt = (format: string) =>
  new PictureRejected('corrupt', `The file is damaged: it starts as ${format} and breaks off that form`);

export const trailingData = () =>
  new PictureRejected('trailing_data', 'The file carries other data behind the picture', 'send the picture alone');
