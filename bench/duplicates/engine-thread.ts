import sharp from 'sharp';
import { fingerprintFile as fingerprintPicture } from '../../workers/fingerprint-file.js';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { contentTypeOf, MAX_PIXELS } from './tools/tool.js';

export { compare, search } from '../../workers/match/match-task.js';

export interface FingerprintTask {
  file: string;
  localFeatures: boolean;
}

sharp.concurrency(1);

/** What importing references does with a picture. @throws where the file is none: the set holds none such. */
export async function fingerprintFile({ file, localFeatures }: FingerprintTask): Promise<Fingerprint> {
  const task = { path: file, contentType: contentTypeOf(file), maxPixels: MAX_PIXELS };
  const answer = await fingerprintPicture(task, { localFeatures });
  if (answer.fingerprint === null) throw new Error(`${file}: ${answer.undecodable}`);
  return answer.fingerprint;
}
