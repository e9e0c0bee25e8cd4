import { parseArgs } from 'node:util';
import type { AssayClient, QcStatus } from '../../client/index.js';
import { CLEAN, type Command, FOUND, INTERRUPTED, many, onlyOne } from './command.js';
import { signedInClient } from './session-file.js';
import { ProgressLine, shown } from './terminal.js';

const PAGE = 10_000;

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
    if (!values.json && last.status === 'completed') say(await describeFound(client, request_id));
    return last.status === 'completed' ? CLEAN : FOUND;
  },
};

function describe({ status, images_done, images_total, images_failed, error }: QcStatus): string {
  if (status === 'not_started') return 'Quality control was never started: add --run.';
  const reason = error === null ? '' : `: ${shown(error)}`;
  return `Quality control was ${status}${reason} (${images_done} of ${many(images_total, 'picture')}, ${images_failed} not decodable).`;
}

/** By the thresholds in force. */
async function describeFound(client: AssayClient, request_id: string): Promise<string> {
  let [duplicates, generated] = [0, 0];
  let cursor: string | undefined;
  for (;;) {
    const page = await client.qc.results.query({ request_id, verdict: 'flagged', limit: PAGE, cursor });
    duplicates += page.filter(({ flags }) => flags.some((flag) => flag.endsWith('_duplicate'))).length;
    generated += page.filter(({ flags }) => flags.includes('ai_generated')).length;
    if (page.length < PAGE) break;
    cursor = page.at(-1)?.image_id;
  }
  return `It found ${many(duplicates, 'duplicate')} and ${many(generated, 'AI-generated picture')}.`;
}
