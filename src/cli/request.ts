import { parseArgs } from 'node:util';
import { asNumber, CLEAN, CliError, type Command } from './command.js';
import { signedInClient } from './session-file.js';
import { shortened, shown, table } from './terminal.js';

export const requestCommand: Command = {
  usage: 'create --title <title> [--class <name>]… | list',
  summary: 'Order labelled data, or list what was ordered.',
  details: `
  create --title <title>         prints the id of the new request
         --description <text>
         --class <name>          what its pictures may be labelled as; as often as there are classes
  list   --limit <n>             the newest so many (20)
  --json                         JSON; of a list, a line for each request`,
  async run({ say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        title: { type: 'string' },
        description: { type: 'string' },
        class: { type: 'string', multiple: true, default: [] },
        limit: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [action, ...rest] = positionals;
    if (rest.length > 0 || (action !== 'create' && action !== 'list')) throw new CliError('Say create or list.');
    const client = await signedInClient();
    if (action === 'create') {
      if (values.title === undefined) throw new CliError('Give the request a --title.');
      const { title, description, class: classes } = values;
      const request = await client.requests.create.mutate({ title, description, classes });
      say(values.json ? JSON.stringify(request) : request.id);
      return CLEAN;
    }
    const limit = asNumber(values.limit, { name: '--limit', fallback: 20, min: 1, max: 1000, whole: true });
    const requests = await client.requests.list.query({ limit });
    if (values.json) for (const request of requests) say(JSON.stringify(request));
    else if (requests.length === 0) say('There are no requests.');
    else {
      const rows = requests.map(({ id, status, title, created_at }) => [
        id,
        status,
        created_at.slice(0, 10),
        shortened(shown(title), 60),
      ]);
      say(table(['request', 'status', 'created', 'title'], rows));
    }
    return CLEAN;
  },
};
