import sharp from 'sharp';
import { decodeReduced } from '../../workers/decode.js';
import { fingerprint, type Fingerprint } from '../../workers/fingerprint.js';
import { contentTypeOf, MAX_PIXELS } from './tools/tool.js';

export { compare, search } from '../../workers/match/match-task.js';

export interface FingerprintTask {
  file: string;
  localFeatures: boolean;
}

sharp.concurrency(1);

/** @throws where the file is no picture: the set holds none such. */
export async function fingerprintFile({ file, localFeatures }: FingerprintTask): Promise<Fingerprint> {
  const task = { path: file, contentType: contentTypeOf(file), maxPixels: MAX_PIXELS };
  const { pixels, width, height, error } = await decodeReduced(task);
  if (pixels === null) throw new Error(`${file}: ${error.message}`);
  return fingerprint(pixels, { localFeatures, size: { width, height } });
}
