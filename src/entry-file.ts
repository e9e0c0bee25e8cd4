import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether the module of that `import.meta.url` is the file Node was started with. */
export function isEntryFile(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
