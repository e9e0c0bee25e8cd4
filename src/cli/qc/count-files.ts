import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** How many files there are below a folder, for telling how much is left; folders that cannot be read count nothing. */
export async function countFiles(folder: string, signal: AbortSignal): Promise<number> {
  let files = 0;
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined && !signal.aborted; next = waiting.pop()) {
    try {
      for await (const entry of await opendir(next)) {
        if (entry.name.startsWith('.')) continue;
        if (entry.isDirectory()) waiting.push(join(next, entry.name));
        else if (entry.isFile() || entry.isSymbolicLink()) files += 1;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return files;
}
