import { readDetectorVersion } from './detector.js';

/** Goes up whenever decoding, hashing or reading provenance would find something else in the same bytes. */
const ANALYSIS_VERSION = 6;

/**
 * Names what an analysis was made by, such as `3/residual-net@0.1.0+bda9061828c6`: an analysis of the same bytes by the
 * same version is never made again. Reads what describes the detector and loads no model.
 * @throws {DetectorFault} where that is missing or wrong.
 */
export async function readAnalyserVersion(detectorFolder: string): Promise<string> {
  return `${ANALYSIS_VERSION}/${await readDetectorVersion(detectorFolder)}`;
}
