import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../src/package-root.js';

/** Further API processes on the database of a service that runs already, as `npm run api` starts them. */
export async function startMoreApis(count: number, environment: NodeJS.ProcessEnv) {
  const apis: { url: string; child: ChildProcess }[] = [];
  const stop = async () => {
    for (const { child } of apis.filter(({ child }) => child.exitCode === null)) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  };
  for (let index = 0; index < count; index += 1) {
    const port = await freePort();
    const child = spawn(process.execPath, [join(packageRoot, 'dist/src/api.js')], {
      env: {
        ...process.env,
        PORT: String(port),
        RATE_LIMIT_PER_MINUTE: '0',
        LOG_LEVEL: 'warn',
        SHUTDOWN_DELAY_SECONDS: '0',
        ...environment,
      },
      stdio: 'inherit',
    });
    const url = `http://127.0.0.1:${port}`;
    apis.push({ url, child });
    while (!(await isReady(url))) {
      if (child.exitCode !== null) throw new Error('An API process ended before it was ready; see above.');
      await sleep(100);
    }
  }
  return { urls: apis.map(({ url }) => url), pids: apis.map(({ child }) => child.pid ?? 0), stop };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status === 200;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
