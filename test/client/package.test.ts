import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/package-root.js';

describe('The client package', function () {
  // Compiling the whole API's types takes seconds.
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-client-'));
    const installed = join(folder, 'node_modules/@assay/client');
    mkdirSync(installed, { recursive: true });
    copyFileSync(join(packageRoot, 'client/package.json'), join(installed, 'package.json'));
    symlinkSync(join(packageRoot, 'node_modules/@trpc'), join(folder, 'node_modules/@trpc'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const compiler = join(packageRoot, 'node_modules/typescript/bin/tsc');
    const project = join(packageRoot, 'client/tsconfig.build.json');
    execFileSync(process.execPath, [compiler, '--noCheck', '--project', project, '--outDir', join(installed, 'dist')]);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('runs with nothing but itself and @trpc/client installed', () => {
    const script =
      "import { createClient, uploadFiles } from '@assay/client'; console.log(typeof uploadFiles, typeof createClient({ url: 'http://localhost' }).requests.list.query)";
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    assert.equal(output.toString(), 'function function\n');
  });

  it('knows what each procedure takes and gives', () => {
    const faults = typeFaults({
      'right call': `await client.requests.create.mutate({ title: 'Signs', description: '', classes: ['stop'] });`,
      'right answer': `const titles: string[] = (await client.requests.list.query({})).map((request) => request.title);`,
      'right upload': `const { uploaded }: { uploaded: number } = await uploadFiles(client, 'id', ['picture.jpg']);`,
      'missing field': `await client.requests.create.mutate({ description: '' });`,
      'wrong type': `await client.requests.create.mutate({ title: 1, description: '', classes: [] });`,
      'unknown procedure': `await client.requests.burn.mutate({});`,
      'query called as mutation': `await client.requests.list.mutate({});`,
      'unknown field of an answer': `(await client.requests.list.query({})).map((request) => request.titel);`,
    });
    assert.deepEqual(faults, [
      'missing field',
      'wrong type',
      'unknown procedure',
      'query called as mutation',
      'unknown field of an answer',
    ]);
  });

  /** The names of those snippets that do not type-check. */
  function typeFaults(snippets: Record<string, string>): string[] {
    const prelude =
      "import { createClient, uploadFiles } from '@assay/client';\nconst client = createClient({ url: '' });\n";
    const files = Object.entries(snippets).map(([name, snippet], index) => {
      const path = join(folder, `snippet-${index}.ts`);
      writeFileSync(path, `${prelude}void uploadFiles;\n${snippet}\n`);
      return { name, path };
    });
    const program = ts.createProgram(
      files.map(({ path }) => path),
      {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      },
    );
    return files
      .filter(({ path }) => program.getSemanticDiagnostics(program.getSourceFile(path)).length > 0)
      .map(({ name }) => name);
  }
});
