/** The file holds no picture that can be decoded. The message is a sentence without paths. */
export class UndecodablePicture extends Error {
  override name = 'UndecodablePicture';

  /** @param lasting whether the bytes alone decide it: neither a setting of today nor a failure not understood. */
  constructor(
    message: string,
    readonly lasting: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** libvips and its decoders in want of memory or file handles: the picture is not to blame. */
const SHORTAGE = /memory|too many open files|unix error|unable to open|input file is missing/i;

/** By what the messages of sharp, libvips and its decoders hold; the first that matches counts. */
const VERDICTS = [
  { pattern: /exceeds pixel limit/i, sentence: 'The picture has more pixels than allowed.', lasting: false },
  {
    pattern: /corrupt header|unsupported image format/i,
    sentence: "The picture's header is damaged.",
    lasting: true,
  },
  {
    pattern: /premature end|read error|bad Huffman|instead of RST/i,
    sentence: 'The picture is cut short or damaged.',
    lasting: true,
  },
  { pattern: /^(?:VipsJpeg|vipspng|webp2vips): /, sentence: 'The picture cannot be decoded.', lasting: true },
];
const NOT_UNDERSTOOD = { sentence: 'The picture cannot be decoded.', lasting: false };

/**
 * What a failure of the decoder says of the picture. libvips' own words may name paths, so they are not passed on.
 * @throws the error itself where it says nothing of the picture.
 */
export function verdictOn(error: Error): UndecodablePicture {
  if (SHORTAGE.test(error.message)) throw error;
  const { sentence, lasting } = VERDICTS.find(({ pattern }) => pattern.test(error.message)) ?? NOT_UNDERSTOOD;
  return new UndecodablePicture(sentence, lasting, { cause: error });
}
