import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { importDjangoUsers } from '../features/users/import-django.js';
import { type Command, CommandError, operator } from './command.js';

export const importDjangoCommand: Command = {
  usage: '<users.json | users.jsonl> [--with-roles]',
  summary: 'Bring users over from Django, as `manage.py dumpdata auth.user` writes them, with their passwords.',
  async run({ db, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { 'with-roles': { type: 'boolean', default: false } },
    });
    const [path] = positionals;
    if (path === undefined) throw new CommandError('Name the file that dumpdata wrote.');
    const notice = (name: string, what: string) => say(`  ${name}: ${what}`);
    const options = { withRoles: values['with-roles'], notice };
    const { imported, known } = await importDjangoUsers(db, operator, readObjects(path), options);
    say(`${imported} imported, ${known} there already.`);
  },
};

/** The objects of a dump one by one: files may be larger than memory. */
async function* readObjects(path: string): AsyncGenerator {
  try {
    if (path.endsWith('.jsonl')) {
      for await (const line of createInterface({ input: createReadStream(path) })) {
        if (line.trim() !== '') yield JSON.parse(line);
      }
    } else {
      const objects = createReadStream(path).compose(streamArray.withParserAsStream()) as AsyncIterable<{
        value: unknown;
      }>;
      for await (const { value } of objects) yield value;
    }
  } catch (error) {
    throw new CommandError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}
