import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from '../../src/package-root.js';

export interface Run {
  code: number | null;
  output: string;
  errors: string;
}

/** Runs `npx assay` as a person would, in a home of its own. */
export async function assay(
  args: readonly string[],
  { home, input = '', onStart }: { home: string; input?: string; onStart?: (child: ChildProcess) => void },
): Promise<Run> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ASSAY_')));
  const child = spawn(process.execPath, ['--import', 'tsx', join(packageRoot, 'src/cli.ts'), ...args], {
    cwd: packageRoot,
    env: { ...env, XDG_CONFIG_HOME: join(home, 'config'), XDG_CACHE_HOME: join(home, 'cache') },
  });
  onStart?.(child);
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, output, errors };
}

export const jsonLines = <Line>({ output }: Run): Line[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
