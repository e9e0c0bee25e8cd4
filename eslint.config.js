import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const ground = [
  'bounded-turns',
  'config',
  'errors',
  'input-faults',
  'log-context',
  'package-root',
  'package-version',
  'sealed-text',
  'secret-file',
  'startup-error',
  'time-zone',
  'tracing',
].map((name) => `src/${name}.ts`);
const procedureKit = ['context', 'init', 'pagination', 'procedures'].map((name) => `src/trpc/${name}.ts`);
const entryPoints = ['src/main.ts', 'src/api.ts', 'src/worker.ts', 'src/admin.ts', 'src/cli.ts'];

/** What each room may import beside itself and packages: arrows point down and right only. */
const rooms = {
  workers: [],
  migrations: [],
  models: ['src/database'],
  'src/database': ['migrations', ...ground],
  'src/storage': ground,
  'src/queue': ['models', 'workers', 'src/database', 'src/storage', ...ground],
  'src/services.ts': [
    'src/features/auth',
    'src/features/exports/export-urls.ts',
    'src/features/images/picture-urls.ts',
    'src/features/qc/events.ts',
    'src/storage',
    ...ground,
  ],
  'src/trpc': [
    'src/services.ts',
    'src/database/outage.ts',
    'src/features/auth',
    'src/features/uploads/received-files.ts',
    ...ground,
  ],
  'src/features': [
    'models',
    'workers',
    'src/database',
    'src/storage',
    'src/queue',
    'src/services.ts',
    ...procedureKit,
    ...ground,
  ],
  'src/http': [
    'models',
    'src/database',
    'src/storage',
    'src/queue',
    'src/services.ts',
    'src/trpc',
    'src/features',
    ...ground,
  ],
  'src/commands': ['models', 'src/database', 'src/storage', 'src/queue', 'src/features', ...ground],
  'src/cli': ['client', 'workers', 'src/queue/analysis-pool.ts', 'src/features', ...ground],
  'src/router.ts': ['src/features', 'src/trpc'],
  client: ['src/router.ts'],
  console: ['client'],
};

const boundaries = [
  ...Object.entries(rooms).map(([room, mayImport]) => ({
    target: room,
    from: '.',
    except: ['node_modules', 'package.json', room, ...mayImport],
    message: `${room} may import only itself${mayImport.map((path) => `, ${path}`).join('')} (see ARCHITECTURE.md).`,
  })),
  {
    target: Object.keys(rooms).filter((room) => room !== 'src/router.ts'),
    from: 'src/features/*/router.ts',
    message: 'Only src/router.ts imports the routers of features: share a domain function instead.',
  },
  {
    target: 'src/!(main|api|worker|admin|cli).ts',
    from: entryPoints,
    message: 'Nothing but another entry point starts a process.',
  },
];

export default defineConfig(
  globalIgnores(['**/dist/', '**/.data/', '**/.venv/', 'examples/typed-client/mistakes.ts']),
  {
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } })],
    },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['test/**', 'bench/**', 'console/**', 'eslint.config.js'], includeTypes: false },
      ],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: boundaries }],
    },
  },
  {
    // As the repository compiles it, so that it needs no installation of its own.
    files: ['examples/typed-client/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: './tsconfig.json' } },
  },
  {
    // The React Compiler is not used, so what it would leave alone is no matter.
    files: ['console/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
    rules: { 'react-hooks/incompatible-library': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    // Indices into typed arrays are right by arithmetic, those into a test's own data by construction.
    files: ['workers/**/*.ts', 'src/features/qc/match/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['src/**/*.ts', 'workers/**/*.ts', 'models/**/*.ts'], rules: { 'max-lines': ['error', 300] } },
);
