import { parseArgs } from 'node:util';
import { type ImportSummary, importReferences } from '../features/references/import-references.js';
import type { Services } from '../services.js';
import { StartupError } from '../startup-error.js';

export { importReferences };

const USAGE = 'import-references <file.jsonl | file.csv | folder> [--base-url <address>]';

/**
 * The command line of `importReferences`: prints how far it has come after each batch, and at the end what was faulty.
 * @param args what stands behind the command's name.
 * @throws {StartupError} where the arguments are not as in `USAGE`.
 */
export async function importReferencesCommand(
  services: Pick<Services, 'db' | 'config'>,
  args: readonly string[],
  { signal, print = printLine }: { signal?: AbortSignal; print?: (line: string) => void } = {},
): Promise<ImportSummary> {
  const { source, baseUrl } = readArguments(args);
  const begun = performance.now();
  const summary = await importReferences(services, source, {
    baseUrl,
    signal,
    onProgress: (soFar) => {
      print(describe(soFar, performance.now() - begun));
    },
  });
  for (const { at, message } of summary.faults) print(`${at}: ${message}`);
  if (summary.faulty > summary.faults.length) print(`… and ${summary.faulty - summary.faults.length} more.`);
  print(`${signal?.aborted ? 'Interrupted' : 'Done'}: ${describe(summary, performance.now() - begun)}`);
  return summary;
}

function readArguments(args: readonly string[]): { source: string; baseUrl: string | undefined } {
  try {
    const options = { 'base-url': { type: 'string' } } as const;
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [source, ...rest] = positionals;
    if (source !== undefined && rest.length === 0) return { source, baseUrl: values['base-url'] };
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\nUsage: ${USAGE}`);
  }
  throw new StartupError(`Usage: ${USAGE}`);
}

function describe({ added, skipped, faulty }: ImportSummary, milliseconds: number): string {
  const rate = Math.round((added + skipped + faulty) / Math.max(0.001, milliseconds / 1000));
  return `${added} added, ${skipped} known before, ${faulty} faulty, ${rate} a second`;
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
