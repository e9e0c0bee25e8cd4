import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { packageRoot } from '../../src/package-root.js';

const BOUNDARY = 'import-x/no-restricted-paths';
const CYCLE = 'import-x/no-cycle';

describe('Import boundaries between the rooms', () => {
  // Types are not needed to follow imports, and without them a fixture may stand for a file that does not exist.
  const eslint = new ESLint({ cwd: packageRoot, overrideConfig: tseslint.configs.disableTypeChecked });

  async function brokenRules(file: string, text: string): Promise<(string | null)[]> {
    const [result] = await eslint.lintText(text, { filePath: join(packageRoot, file) });
    return result!.messages.map(({ ruleId }) => ruleId);
  }

  /** An import that leads nowhere would prove nothing. */
  function importing(file: string, target: string): string {
    const found = join(packageRoot, dirname(file), target.replace(/\.js$/, '.ts'));
    assert.ok(existsSync(found), `${target} does not exist`);
    return `export * from '${target}';\n`;
  }

  const forbidden: [file: string, imports: string][] = [
    ['workers/decode.ts', '../src/config.js'],
    ['workers/decode.ts', '../models/image.js'],
    ['models/image.ts', '../src/errors.js'],
    ['src/storage/disk.ts', '../features/auth/actor.js'],
    ['src/queue/enqueue.ts', '../trpc/context.js'],
    ['src/queue/enqueue.ts', '../features/auth/actor.js'],
    ['src/database/connect.ts', '../http/authentication.js'],
    ['src/features/new/list.ts', '../../http/authentication.js'],
    ['src/features/new/list.ts', '../../trpc/error-formatter.js'],
    ['src/features/new/list.ts', '../../api.js'],
    ['src/features/new/router.ts', '../auth/router.js'],
    ['src/http/health.ts', '../features/auth/router.js'],
    ['src/http/health.ts', '../main.js'],
    ['src/app.ts', './api.js'],
    ['client/index.ts', '../src/config.js'],
  ];
  for (const [file, target] of forbidden) {
    it(`keeps ${file} from importing ${target}`, async () => {
      assert.ok((await brokenRules(file, importing(file, target))).includes(BOUNDARY));
    });
  }

  const allowed: [file: string, imports: string][] = [
    ['src/features/new/list.ts', '../../../models/image.js'],
    ['src/features/new/list.ts', '../../errors.js'],
    ['src/features/new/list.ts', '../auth/actor.js'],
    ['src/features/new/router.ts', '../../trpc/procedures.js'],
    ['src/features/auth/router.ts', './login.js'],
    ['src/router.ts', './features/auth/router.js'],
    ['src/http/health.ts', '../trpc/context.js'],
    ['src/main.ts', './api.js'],
    ['client/index.ts', '../src/router.js'],
  ];
  for (const [file, target] of allowed) {
    it(`lets ${file} import ${target}`, async () => {
      assert.deepEqual(await brokenRules(file, importing(file, target)), []);
    });
  }

  it('holds for type imports too', async () => {
    const text = "export type { Config } from '../src/config.js';\n";
    assert.deepEqual(await brokenRules('workers/decode.ts', text), [BOUNDARY]);
  });

  it('finds an import cycle', async () => {
    const text = "export * from './trpc/error-formatter.js';\n";
    assert.ok((await brokenRules('src/errors.ts', text)).includes(CYCLE));
  });

  it('keeps what runs in production from needing a development package', async () => {
    assert.deepEqual(await brokenRules('src/http/health.ts', "export * from 'yaml';\n"), [
      'import-x/no-extraneous-dependencies',
    ]);
  });
});
