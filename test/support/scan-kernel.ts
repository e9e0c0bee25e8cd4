import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

/** Assembles a kernel's text, for the bytes that stand in `workers/match/<name>.ts`. */
export async function assembleKernel(name = 'scan-kernel'): Promise<Uint8Array<ArrayBuffer>> {
  const source = new URL(`../../workers/match/${name}.wat`, import.meta.url);
  const assembler = await wabt();
  const module = assembler.parseWat(fileURLToPath(source), await readFile(source, 'utf8'), {
    simd: true,
    threads: true,
    bulk_memory: true,
  });
  return Uint8Array.from(module.toBinary({}).buffer);
}
