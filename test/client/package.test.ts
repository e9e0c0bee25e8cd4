import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/package-root.js';

describe('The client package', function () {
  // Working out the whole API's types takes seconds.
  this.timeout(180_000);
  let folder: string;
  let installed: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-client-'));
    installed = join(folder, 'node_modules/@assay/client');
    mkdirSync(installed, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(packageRoot, 'client') });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
    execFileSync('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
    // What npm would install beside it, and nothing else: no zod, no knex, no types of the service.
    mkdirSync(join(folder, 'node_modules/@trpc'));
    for (const name of ['client', 'server']) {
      symlinkSync(join(packageRoot, 'node_modules/@trpc', name), join(folder, 'node_modules/@trpc', name));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('runs with nothing but itself and tRPC installed', () => {
    const script =
      "import { createClient, uploadFiles } from '@assay/client/node'; const client = createClient({ url: 'http://localhost' });" +
      'console.log(typeof uploadFiles, typeof client.requests.list.query, typeof client.qc.watch, typeof client.qc.run.mutate)';
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    assert.equal(output.toString(), 'function function function function\n');
  });

  it('holds nothing of the service but the type of its router', () => {
    const files = readdirSync(join(installed, 'dist'));
    assert.ok(files.includes('router.d.ts') && !files.includes('router.js'));
    for (const name of files) {
      const text = readFileSync(join(installed, 'dist', name), 'utf8');
      assert.doesNotMatch(text, /\.\.\/src|knex|objection|koa|pino/, name);
    }
  });

  it('brings nothing of Node into a browser', () => {
    const reached = new Set(['browser.js']);
    for (const name of reached) {
      const text = readFileSync(join(installed, 'dist', name), 'utf8');
      assert.doesNotMatch(text, /node:|\bprocess\.|\bBuffer\b/, name);
      for (const [, next] of text.matchAll(/(?:from|import\() ?'\.\/([^']+)'/g)) reached.add(next!);
    }
    assert.ok(reached.has('upload-files.js') && reached.has('session.js') && !reached.has('node.js'));
  });

  describe('to a compiler', () => {
    const mistakes = readExample('mistakes.ts');
    let faults: (name: string) => { line: number; message: string }[];

    before(() => {
      faults = compile({
        'main.ts': readExample('main.ts'),
        'mistakes.ts': mistakes,
        'uncaught.ts': mistakes.replaceAll('@ts-expect-error', ''),
      });
    });

    it('knows what each procedure takes and gives', () => {
      assert.deepEqual(faults('main.ts'), []);
    });

    it('catches what is wrong before it runs', () => {
      assert.deepEqual(faults('mistakes.ts'), []);
      const expected = mistakes.split('\n').flatMap((line, at) => (line.includes('@ts-expect-error') ? [at + 2] : []));
      assert.ok(expected.length > 5);
      assert.deepEqual([...new Set(faults('uncaught.ts').map(({ line }) => line))], expected);
    });

    it('is sound in itself', () => {
      for (const name of readdirSync(join(installed, 'dist'))) {
        if (name.endsWith('.d.ts')) assert.deepEqual(faults(`node_modules/@assay/client/dist/${name}`), []);
      }
    });
  });

  function readExample(name: string): string {
    return readFileSync(join(packageRoot, 'examples/typed-client', name), 'utf8');
  }

  /** @returns what the compiler says of a file of somebody who has installed the package, or of one that it brings. */
  function compile(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const program = ts.createProgram(
      Object.keys(files).map((name) => join(folder, name)),
      {
        strict: true,
        noEmit: true,
        typeRoots: [join(packageRoot, 'node_modules/@types')],
        types: ['node'],
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      },
    );
    return (name: string) => {
      const file = program.getSourceFile(join(folder, name));
      if (!file) return [];
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((fault) => ({
        line: file.getLineAndCharacterOfPosition(fault.start ?? 0).line + 1,
        message: ts.flattenDiagnosticMessageText(fault.messageText, '\n'),
      }));
    };
  }
});
