import type { SessionTokens, TokenStore } from './session.js';
import type { DeferredFile, UploadSource } from './upload-calls.js';

export * from './index.js';

/** The parts of the File and Directory Entries API that are used. */
interface Entry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
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

/**
 * The files that were dropped on a page, and those below dropped folders, hidden ones left out. To be called in the drop
 * event itself: what was dropped is gone after it.
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
export async function* filesOf(entries: Iterable<Entry | File | null>): AsyncGenerator<UploadSource> {
  for (const entry of entries) {
    if (entry === null) continue;
    if (entry instanceof File) yield entry;
    else if (!entry.name.startsWith('.') && entry.isDirectory) yield* filesBelow(entry as DirectoryEntry);
    else if (!entry.name.startsWith('.')) yield deferred(entry as FileEntry);
  }
}

async function* filesBelow(folder: DirectoryEntry): AsyncGenerator<UploadSource> {
  const reader = folder.createReader();
  for (;;) {
    // A browser hands out a hundred at a time, and none at the end.
    const entries = await new Promise<Entry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    yield* filesOf(entries);
  }
}

const deferred = (entry: FileEntry): DeferredFile => ({
  name: entry.name,
  open: () => new Promise<File>((resolve, reject) => entry.file(resolve, reject)),
});

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
