import { Buffer } from 'node:buffer';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import type { DatasetExport } from '../../../models/dataset-export.js';
import type { Image } from '../../../models/image.js';
import { fileKinds } from './format.js';

const MAX_BYTES = 100;

const extensions: Record<Image['contentType'], string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
};

/**
 * What an image is called in an export: its own name made safe for any file system, its id, and the extension that its
 * bytes deserve. No two images share a name, also where case does not count, and one keeps its name from export to
 * export.
 */
export function exportedFileName({
  id,
  filename,
  contentType,
}: Pick<Image, 'id' | 'filename' | 'contentType'>): string {
  const stem = safeName(filename.replace(/\.[A-Za-z0-9]{1,5}$/, '')) || 'image';
  return `${stem}-${id}.${extensions[contentType]}`;
}

/** What a browser saves an export as. */
export function downloadName({ title }: DatasetRequest, { format, createdAt }: DatasetExport): string {
  const day = createdAt.toISOString().slice(0, 10);
  return `${safeName(title) || 'request'}-${format.replace('_', '-')}-${day}.${fileKinds[format].extension}`;
}

/** Where images go that are in no one class; no class folder begins with `_`. */
export const specialFolders = { unlabeled: '_unlabeled', several: '_multiple', tied: '_tied', rejected: '_rejected' };

/**
 * A folder for each class, safe on any file system. Classes that differ only in case or in what cannot stand in a name
 * get a number behind it, in the request's order, which does not change.
 */
export function classFolders(classes: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    classes.map((name) => {
      const folder = free(safeFolder(name), taken);
      taken.add(foldCase(folder));
      return [name, folder];
    }),
  );
}

function free(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(foldCase(folder))) return folder;
  }
}

const foldCase = (name: string) => name.toLowerCase().normalize('NFC');

/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

function safeFolder(name: string): string {
  const folder = safeName(name, /[^\p{L}\p{M}\p{N} .-]+/gu) || 'class';
  return DEVICE.test(folder) ? `${folder}-1` : folder;
}

/** Letters, digits, and what neither a shell nor a file system reads anything into; at most a hundred bytes of UTF-8. */
function safeName(name: string, unsafe = /[^\p{L}\p{M}\p{N}.-]+/gu): string {
  const safe = name
    .normalize('NFC')
    .replace(unsafe, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/[._]*_[._]*/g, '_');
  return trimEnds(cut(trimEnds(safe)));
}

const trimEnds = (name: string) => name.replace(/^[^\p{L}\p{N}]+/u, '').replace(/[ ._-]+$/, '');

function cut(name: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    kept += character;
  }
  return kept;
}
