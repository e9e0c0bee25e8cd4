import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AssayClient } from './create-client.js';
import type { DeferredFile, UploadSource, UploadSources } from './upload-calls.js';
import * as images from './upload-clinical-images.js';
import * as files from './upload-files.js';

export * from './index.js';

/** A picture on disk: it is streamed, never held in memory. */
export const fileAt = (path: string): DeferredFile => ({
  name: basename(path),
  open: async () => new File([await openAsBlob(path)], basename(path), { lastModified: (await stat(path)).mtimeMs }),
});

/**
 * Every file below a folder, found while others are being sent. Links are not followed, and hidden files and folders left
 * out. @throws where the folder cannot be read.
 */
export async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** As `uploadFiles` of the package itself; a text is the path of a file. */
export const uploadFiles = (
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  sources: UploadSources<UploadSource | string>,
  options?: files.UploadOptions,
): Promise<files.UploadOutcome> => files.uploadFiles(client, requestId, opened(sources), options);

/** As `uploadClinicalImages` of the package itself; a text is the path of a file. */
export const uploadClinicalImages = (
  client: Pick<AssayClient, 'images'>,
  sources: UploadSources<UploadSource | string>,
  options?: images.ClinicalUploadOptions,
): Promise<images.ClinicalUploadOutcome> => images.uploadClinicalImages(client, opened(sources), options);

const asSource = (source: UploadSource | string) => (typeof source === 'string' ? fileAt(source) : source);

function opened(sources: UploadSources<UploadSource | string>): UploadSources {
  return Array.isArray(sources) ? (sources as (UploadSource | string)[]).map(asSource) : mapped(sources);
}

async function* mapped(sources: UploadSources<UploadSource | string>): AsyncGenerator<UploadSource> {
  for await (const source of sources) yield asSource(source);
}
