import { readFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/**
 * Required by a process beforehand, it stands for a decoder that aborts, or never returns: where a thread opens a picture
 * that holds the text of `ABORT_ON` the whole process dies at once, and where it holds that of `HANG_ON` the thread waits
 * for ever, within native code, for somebody to write to the named pipe `HANG_IN`.
 */
const { ABORT_ON, HANG_ON, HANG_IN } = process.env;
if (!isMainThread && (ABORT_ON || HANG_ON)) {
  const { open } = files;
  files.open = (path, ...args) => {
    const picture = readFileSync(path);
    // A thread may not call `process.abort`; this is how the system sees one.
    if (ABORT_ON && picture.includes(ABORT_ON)) process.kill(process.pid, 'SIGABRT');
    if (HANG_ON && HANG_IN && picture.includes(HANG_ON)) return open(HANG_IN);
    return open(path, ...args);
  };
  syncBuiltinESMExports();
}
