import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { getUntypedClient } from '@trpc/client';
import type { AssayClient } from '../../client/index.js';
import { CLEAN, CliError, type Command, many, onlyOne } from './command.js';
import { checkOutput, writeWhole } from './output-file.js';
import { signedInClient } from './session-file.js';
import { ProgressLine, shown } from './terminal.js';

const FORMATS = ['jsonl', 'csv', 'coco', 'imagefolder', 'huggingface', 'qc_csv', 'qc_html'];
/** First soon, since most are made at once; then seldom, since the service counts calls by the minute. */
const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 3000;

/** What is used of an export. */
interface Export {
  id: string;
  status: 'queued' | 'running' | 'completed' | 'failed';
  images_total: number;
  images_done: number;
  size_bytes: number | null;
  error: string | null;
  download_url: string | null;
}

export const exportCommand: Command = {
  usage: '<request> --format <format> -o <file>',
  summary: 'Have the service make a file of a request, and fetch it.',
  details: `
  --format <format>      ${FORMATS.join(', ')}
  -o, --output <file>    where it goes; - for standard output
  --include-rejected     with the pictures that were rejected
  --json                 JSON: what the service says of the export`,
  async run({ interrupted, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        output: { type: 'string', short: 'o' },
        'include-rejected': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const request_id = onlyOne(positionals, 'request');
    const { format, output } = values;
    if (format === undefined || !FORMATS.includes(format)) throw new CliError(`--format takes ${FORMATS.join(', ')}.`);
    if (output === undefined) throw new CliError('Say by -o where the file goes.');
    if (output === '-' && values.json) throw new CliError('--json and -o - both want standard output.');

    if (output !== '-') await checkOutput(output);
    const client = await signedInClient();
    const include_rejected = values['include-rejected'];
    const made = await makeExport(client, { request_id, format, include_rejected }, interrupted);
    if (made.download_url === null) throw new CliError('The service made the file and gives no address of it.');
    await download(made.download_url, output, interrupted);
    if (values.json) say(JSON.stringify(made));
    else if (output !== '-')
      say(`${shown(output)}: ${many(made.images_done, 'picture')}, ${many(made.size_bytes ?? 0, 'byte')}.`);
    return CLEAN;
  },
};

/** @throws {CliError} where it failed. */
async function makeExport(client: AssayClient, input: object, signal: AbortSignal): Promise<Export> {
  // A client may be newer than the service: one that makes no exports says so.
  const untyped = getUntypedClient(client);
  const progress = new ProgressLine();
  let current = (await untyped.mutation('exports.create', input, { signal })) as Export;
  try {
    for (let wait = FIRST_POLL_MS; current.status === 'queued' || current.status === 'running'; wait *= 1.5) {
      progress.draw({ done: current.images_done, total: current.images_total, note: current.status });
      await pause(Math.min(wait, LONGEST_POLL_MS), undefined, { signal });
      current = (await untyped.query('exports.get', { export_id: current.id }, { signal })) as Export;
    }
  } finally {
    progress.clear();
  }
  if (current.status === 'failed')
    throw new CliError(`The export failed: ${shown(current.error ?? 'no reason was given')}`);
  return current;
}

async function download(url: string, output: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body)
    throw new CliError(`The file cannot be fetched (HTTP status ${response.status}).`);
  const body = Readable.fromWeb(response.body);
  if (output === '-') {
    for await (const chunk of body) if (!process.stdout.write(chunk as Buffer)) await drained();
    return;
  }
  await writeWhole(output, (file) => pipeline(body, file, { signal }));
}

const drained = () => new Promise<void>((resolve) => process.stdout.once('drain', resolve));
