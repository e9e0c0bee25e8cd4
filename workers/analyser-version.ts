import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Goes up whenever decoding, hashing or reading provenance would find something else in the same bytes. */
const ANALYSIS_VERSION = 3;

/**
 * Names what an analysis was made by, such as `2/residual-net@0.1.0+bda9061828c6`: an analysis of the same bytes by the
 * same version is never made again. Reads the detector's manifest, not the model.
 * @throws where the manifest is missing or lacks `name`, `version` or `sha256`.
 */
export async function readAnalyserVersion(detectorFolder: string): Promise<string> {
  const path = join(detectorFolder, 'manifest.json');
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  const field = (key: 'name' | 'version' | 'sha256') => {
    const value = (manifest as Record<string, unknown> | null)?.[key];
    if (typeof value !== 'string' || value === '') throw new Error(`${path} lacks the text ${key}`);
    return value;
  };
  return `${ANALYSIS_VERSION}/${field('name')}@${field('version')}+${field('sha256').slice(0, 12)}`;
}
