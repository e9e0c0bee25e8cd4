/** A file with the folders that it came with. */
export interface FoundFile {
  file: File;
  path: string;
}

/** What systems leave in folders, which nobody means to upload. */
const isLitter = (name: string) => name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);

export function chosenFiles(list: FileList | null): FoundFile[] {
  return [...(list ?? [])]
    .filter(({ name }) => !isLitter(name))
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** All files that were dropped, those in folders and their folders included. */
export async function droppedFiles(transfer: DataTransfer): Promise<FoundFile[]> {
  // The list is emptied once the event is over, so the entries are taken before anything is waited for.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map((entry) => filesOf(entry)));
  return found.flat();
}

async function filesOf(entry: FileSystemEntry): Promise<FoundFile[]> {
  if (isLitter(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FoundFile[] = [];
  for (;;) {
    // A hundred at a time, until none are left.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const child of some) found.push(...(await filesOf(child)));
  }
}
