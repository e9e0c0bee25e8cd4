import { readFile } from 'node:fs/promises';
import wabt from 'wabt';

/** Assembles a kernel's text, such as `match/scan-kernel`, for the bytes that stand in the file of that name. */
export async function assembleKernel(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await wabt();
  const text = await readFile(new URL(`../../workers/${name}.wat`, import.meta.url), 'utf8');
  const module = assembler.parseWat(`${name}.wat`, text, { simd: true, threads: true, bulk_memory: true });
  return Uint8Array.from(module.toBinary({}).buffer);
}
