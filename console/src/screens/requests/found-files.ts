import { pathOf, type UploadSource } from '../../../../client/browser.js';

/** A file that was dropped or chosen. */
export interface FoundFile {
  source: UploadSource;
  /** With the folders that it came with. */
  path: string;
  bytes: number;
}

/** Opens each, so that its size is known. What cannot be opened stays, for the upload to say so. */
export async function lookAt(sources: Iterable<UploadSource> | AsyncIterable<UploadSource>): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for await (const source of sources) {
    const file = source instanceof File ? source : await source.open().catch(() => null);
    found.push({ source: file ?? source, path: pathOf(source), bytes: file?.size ?? 0 });
  }
  return found;
}
