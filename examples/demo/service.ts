import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

export interface RunningService {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts the whole service from nothing in a folder of its own, on a free port. */
export async function startService(dataDir: string): Promise<RunningService> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/main.js')], {
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      DATABASE_URL: '',
      STORAGE_URL: '',
      PUBLIC_URL: '',
      RATE_LIMIT_PER_MINUTE: '0',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C is for this process to pass on.
    detached: true,
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  process.once('SIGINT', () => void stop().then(() => process.exit(130)));

  for await (const line of createInterface({ input: child.stdout })) {
    const url = /https?:\/\/\S+/.exec(line)?.[0];
    if (url) {
      child.stdout.resume();
      return { url: new URL(url).origin, pid: child.pid ?? 0, stop };
    }
  }
  throw new Error('The service ended before it was ready; see above.');
}
