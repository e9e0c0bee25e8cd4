import { parseArgs } from 'node:util';
import type { QcStatus } from '../../client/index.js';
import { CLEAN, type Command, FOUND, INTERRUPTED, onlyOne } from './command.js';
import { signedInClient } from './session-file.js';
import { ProgressLine, shown } from './terminal.js';

export const watchCommand: Command = {
  usage: '<request> [--run]',
  summary: 'Follow quality control of a request until it has ended.',
  details: `
  --run    start it first
  --json   JSON Lines: its status at each change

  Exit codes: 0 it was completed, 1 it was not (or never started), 2 it could not be followed.`,
  async run({ interrupted, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { run: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    });
    const request_id = onlyOne(positionals, 'request');
    const client = await signedInClient();
    if (values.run) await client.qc.run.mutate({ request_id });
    const progress = new ProgressLine();
    let last: QcStatus | undefined;
    for await (const status of client.qc.watch(request_id, { signal: interrupted })) {
      last = status;
      if (values.json) say(JSON.stringify(status));
      progress.draw({ done: status.images_done, total: status.images_total, note: status.status });
    }
    progress.clear();
    if (interrupted.aborted || !last) return INTERRUPTED;
    if (!values.json) say(describe(last));
    return last.status === 'completed' ? CLEAN : FOUND;
  },
};

function describe({ status, images_done, images_total, images_failed, error }: QcStatus): string {
  if (status === 'not_started') return 'Quality control was never started: add --run.';
  const reason = error === null ? '' : `: ${shown(error)}`;
  return `Quality control was ${status}${reason} (${images_done} of ${images_total} pictures, ${images_failed} not decodable).`;
}
