// Builds the package: the modules beside each other, and the router's type without the service's sources.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(folder, 'dist'));
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const emitted = mkdtempSync(join(tmpdir(), 'assay-client-build-'));

try {
  const project = join(folder, 'tsconfig.build.json');
  execFileSync(process.execPath, [compiler, '--noCheck', '--project', project, '--outDir', emitted], {
    stdio: 'inherit',
  });
  rmSync(target, { recursive: true, force: true });
  cpSync(join(emitted, 'client'), target, { recursive: true });
  for (const name of readdirSync(target))
    edit(join(target, name), (text) => text.replaceAll('../src/router.js', './router.js'));
  writeFileSync(join(target, 'router.d.ts'), routerType(readFileSync(join(emitted, 'src/router.d.ts'), 'utf8')));
} finally {
  rmSync(emitted, { recursive: true, force: true });
}

/**
 * What the compiler has worked out stands in full; only what a procedure is called with inside the service, and how REST
 * names it, are types of other files, and no client's business.
 */
function routerType(declaration) {
  const alone = declaration.replace(/import\("\.\/trpc\/(?:context|init)\.js"\)\.\w+/g, 'object');
  const foreign = [...alone.matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)].map(([, name]) => name);
  const left = foreign.filter((name) => !name.startsWith('@trpc/'));
  if (left.length > 0) throw new Error(`The router's type needs what the package does not have: ${left.join(', ')}`);
  return alone.replace(/^\/\/# sourceMappingURL.*$/m, '');
}

function edit(path, change) {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}
