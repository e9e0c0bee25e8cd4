import type { SessionTokens, TokenStore } from './session.js';
import type { DeferredFile, UploadSource } from './upload-calls.js';

export * from './index.js';

/** The parts of the File and Directory Entries API that are used. */
interface Entry {
  readonly isDirectory: boolean;
  readonly name: string;
  readonly fullPath: string;
}

interface FileEntry extends Entry {
  file: (resolve: (file: File) => void, reject: (error: unknown) => void) => void;
}

interface DirectoryEntry extends Entry {
  createReader: () => { readEntries: (resolve: (entries: Entry[]) => void, reject: (error: unknown) => void) => void };
}

interface DroppedItem {
  webkitGetAsEntry?: () => unknown;
  getAsFile: () => File | null;
}

/** What systems leave in folders, which nobody means to upload. */
const isLitter = (name: string) => name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);

/** The files that were chosen in a field of a form, hidden ones left out. @param list the field's `files`. */
export const chosenFiles = (list: ArrayLike<File> | null): File[] =>
  Array.from(list ?? []).filter(({ name }) => !isLitter(name));

/**
 * The files that were dropped on a page, and those below dropped folders, hidden ones left out. A folder that cannot be
 * read stands for itself, as a file that cannot be opened. To be called in the drop event itself: what was dropped is gone
 * after it.
 * @param data the event's `dataTransfer`.
 */
export function droppedFiles(data: { items: ArrayLike<DroppedItem> }): AsyncGenerator<UploadSource> {
  const dropped = Array.from(
    data.items,
    (item) => (item.webkitGetAsEntry?.() ?? item.getAsFile()) as Entry | File | null,
  );
  return filesOf(dropped);
}

/** The files that entries are, or that lie below them, in order, each opened when its turn comes. */
async function* filesOf(entries: Iterable<Entry | File | null>): AsyncGenerator<UploadSource> {
  for (const entry of entries) {
    if (entry === null || isLitter(entry.name)) continue;
    if (entry instanceof File) yield entry;
    else if (entry.isDirectory) yield* filesBelow(entry as DirectoryEntry);
    else yield deferred(entry, () => new Promise((resolve, reject) => (entry as FileEntry).file(resolve, reject)));
  }
}

async function* filesBelow(folder: DirectoryEntry): AsyncGenerator<UploadSource> {
  const reader = folder.createReader();
  for (;;) {
    let entries: Entry[];
    try {
      // A browser hands out a hundred at a time, and none at the end.
      entries = await new Promise<Entry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      yield deferred(folder, () => Promise.reject(fault));
      return;
    }
    if (entries.length === 0) return;
    yield* filesOf(entries);
  }
}

const deferred = ({ name, fullPath }: Entry, open: () => Promise<File>): DeferredFile => ({
  name,
  path: fullPath.replace(/^\//, ''),
  open,
});

/** A file's name with the folders that it was dropped or chosen with, where it was. */
export function pathOf(source: UploadSource): string {
  if (!(source instanceof File)) return source.path ?? source.name;
  const { webkitRelativePath: path = '' } = source as { webkitRelativePath?: string };
  return path === '' ? source.name : path;
}

/** The part of a browser's storage that is used. */
interface KeyValueStorage {
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
  removeItem: (key: string) => void;
}

/**
 * Keeps a session's tokens where all tabs of a page see them, `localStorage` or `sessionStorage`, so that none exchanges
 * a refresh token that another has exchanged.
 */
export const storedTokens = (storage: KeyValueStorage, key = 'assay.session'): TokenStore => ({
  read: () => asTokens(storage.getItem(key)),
  write: (tokens) => {
    if (tokens) storage.setItem(key, JSON.stringify(tokens));
    else storage.removeItem(key);
  },
});

function asTokens(text: string | null): SessionTokens | null {
  try {
    const { access, refresh } = (JSON.parse(text ?? 'null') ?? {}) as Partial<Record<string, unknown>>;
    return typeof access === 'string' && typeof refresh === 'string' ? { access, refresh } : null;
  } catch {
    return null;
  }
}
