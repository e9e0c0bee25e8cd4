import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = join(import.meta.dirname, '../dist/console');

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react(), precompressed()],
  build: {
    outDir,
    emptyOutDir: true,
    // The service serves whatever it finds there: fonts and pictures as files of their own, so that the policy may say 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { external: [/^node:/] },
  },
  server: {
    proxy: Object.fromEntries(['/trpc', '/pictures', '/storage'].map((path) => [path, 'http://localhost:8000'])),
  },
});

/** Puts a `.br` and a `.gz` beside each text file, so that the service compresses nothing while somebody waits. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    async closeBundle() {
      const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && /\.(js|css|html|svg)$/.test(entry.name));
      await Promise.all(files.map(({ parentPath, name }) => compressBeside(join(parentPath, name))));
    },
  };
}

async function compressBeside(file: string): Promise<void> {
  const bytes = await readFile(file);
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, gzipped)]);
}
