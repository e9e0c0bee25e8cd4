import { parseArgs } from 'node:util';
import { recordAdded } from '../features/references/add.js';
import { type ImportSummary, importReferences } from '../features/references/import-references.js';
import { type Command, CommandError, operator } from './command.js';

export const importReferencesCommand: Command = {
  usage: '<file.jsonl | file.csv | folder> [--base-url https://example.com/pictures/]',
  summary: 'Make pictures known: a list of PDQ hashes and addresses, or a folder. Begun anew, it goes on where it was.',
  async run({ db, config, say, interrupted }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { 'base-url': { type: 'string' } },
    });
    const [source, ...rest] = positionals;
    if (source === undefined || rest.length > 0) throw new CommandError('Name one file or folder.');

    const begun = performance.now();
    const progress = (soFar: ImportSummary) => say(describe(soFar, performance.now() - begun));
    const options = { baseUrl: values['base-url'], signal: interrupted, onProgress: progress };
    const summary = await importReferences({ db, config }, source, options);
    for (const { at, message } of summary.faults) say(`${at}: ${message}`);
    if (summary.faulty > summary.faults.length) say(`… and ${summary.faulty - summary.faults.length} more.`);
    const { added, skipped } = summary;
    if (added > 0) await recordAdded(db, { ...operator, actor: null }, { added, skipped, source });
    say(`${interrupted.aborted ? 'Interrupted' : 'Done'}: ${describe(summary, performance.now() - begun)}`);
    if (summary.faulty > 0)
      throw new CommandError('Not all of it could be taken: mend what is named above, and begin anew.');
    if (interrupted.aborted) throw new CommandError('Begun anew, it goes on where it was.');
  },
};

function describe({ added, skipped, faulty }: ImportSummary, milliseconds: number): string {
  const rate = Math.round((added + skipped + faulty) / Math.max(0.001, milliseconds / 1000));
  return `${added} added, ${skipped} known before, ${faulty} faulty, ${rate} a second`;
}
