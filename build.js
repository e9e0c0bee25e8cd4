// Builds the service and its console into dist/: `node build.js`. `--if-stale` does so only where dist/ is missing or older
// than what it is made of, `--if-missing` only where it is missing.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';

const root = import.meta.dirname;
const FOLDERS = ['src', 'workers', 'models', 'migrations', 'client', 'console', 'examples/demo'];
const FILES = ['test/support/pictures.ts', 'build.js', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
/** Made last, and as old as the beginning of its build: what changes meanwhile is newer. */
const MARK = join(root, 'dist/console/index.html');

const { argv } = process;
if (argv.includes('--if-missing') ? !existsSync(MARK) : !argv.includes('--if-stale') || isStale()) build();

function build() {
  const begun = new Date();
  const [typescript, vite] = [find('typescript', 'bin/tsc'), find('vite', 'bin/vite.js')];
  // Had this build to be given up, its remains would be taken for a whole one.
  rmSync(MARK, { force: true });
  try {
    run(typescript, ['--build', 'tsconfig.build.json']);
    run(vite, ['build', 'console', '--logLevel', 'warn']);
  } catch (error) {
    if (typeof error.status !== 'number') throw error;
    process.exit(error.status);
  }
  utimesSync(MARK, begun, begun);
}

function run(program, args) {
  execFileSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' });
}

function find(name, file) {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
  } catch {
    process.stderr.write('What builds dist/ is not installed: `npm ci --include=dev` installs it, and builds.\n');
    process.exit(1);
  }
}

function isStale() {
  const builtAt = statSync(MARK, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return [...FILES, ...FOLDERS].some((name) => isNewer(join(root, name), builtAt));
}

function isNewer(path, than) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats !== undefined && stats.mtimeMs > than;
  return readdirSync(path)
    .filter((name) => !['dist', 'node_modules'].includes(name) && !name.startsWith('.'))
    .some((name) => isNewer(join(path, name), than));
}
