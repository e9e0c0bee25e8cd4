import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AssayClient } from './create-client.js';
import type { DeferredFile, UploadSource, UploadSources } from './upload-calls.js';
import * as images from './upload-clinical-images.js';
import * as files from './upload-files.js';

export * from './index.js';
export { filesBelow, isNamedPicture, picturesBelow } from './files-below.js';

/** A picture on disk: it is streamed, never held in memory. @param name what the service is to call it. */
export const fileAt = (path: string, name = basename(path)): DeferredFile => ({
  name,
  open: async () => new File([await openAsBlob(path)], name, { lastModified: (await stat(path)).mtimeMs }),
});

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
  return Array.isArray(sources)
    ? (sources as (UploadSource | string)[]).map((source) => asSource(source))
    : mapped(sources);
}

async function* mapped(sources: UploadSources<UploadSource | string>): AsyncGenerator<UploadSource> {
  for await (const source of sources) yield asSource(source);
}
