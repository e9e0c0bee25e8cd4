import { readFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/**
 * Required by a process beforehand, it stands for a decoder that aborts: where a thread opens a picture that holds the
 * text of `ABORT_ON`, the whole process dies at once.
 */
const marker = process.env.ABORT_ON;
if (!isMainThread && marker) {
  const { open } = files;
  files.open = (path, ...args) => {
    // A thread may not call `process.abort`; this is how the system sees one.
    if (readFileSync(path).includes(marker)) process.kill(process.pid, 'SIGABRT');
    return open(path, ...args);
  };
  syncBuiltinESMExports();
}
