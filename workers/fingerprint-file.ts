import type { AnalysisTask, FingerprintAnswer } from './analysis.js';
import { decodeReduced } from './decode.js';
import { fingerprint, type FingerprintOptions } from './fingerprint.js';

/**
 * The fingerprint of a picture that nothing else is asked about, from as little of it as that takes. A bad picture is an
 * answer; what is thrown is no fault of it.
 */
export async function fingerprintFile(
  task: AnalysisTask,
  options: Pick<FingerprintOptions, 'localFeatures'> = {},
): Promise<FingerprintAnswer> {
  const start = performance.now();
  const { pixels, width, height, error } = await decodeReduced(task);
  const print = pixels && fingerprint(pixels, { ...options, size: { width, height } });
  const milliseconds = performance.now() - start;
  return print
    ? { fingerprint: print, width, height, milliseconds }
    : { fingerprint: null, undecodable: error!.message, lasting: error!.lasting, milliseconds };
}
