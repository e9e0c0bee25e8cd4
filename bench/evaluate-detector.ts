import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config.js';
import { loadDetector } from '../workers/detector.js';
import { evaluate } from './detector/evaluate.js';
import { listLabelled } from './detector/labelled-pictures.js';
import { describe } from './detector/report.js';

const USAGE = `npm run eval:detector -- <folder> [--limit <pictures a source>] [--worst <pictures>] [--json <file>]

The folder holds real/ and ai/, each with pictures or with a subfolder a source. DETECTOR names another detector.`;

const { folder, limit, worst, json } = readArguments();
process.env.ORT_DISABLE_TELEMETRY = '1';
const pictures = await listLabelled(folder, limit).catch(giveUp);
const detector = await loadDetector(loadConfig().detectorFolder).catch(giveUp);
const evaluation = await evaluate(detector, pictures, (done) => {
  if (done % 50 === 0) process.stderr.write(`${done} of ${pictures.length}\n`);
});
process.stdout.write(describe(evaluation, { worst }));
if (json !== undefined) await writeFile(json, JSON.stringify(evaluation, null, 1));

function readArguments(): { folder: string; limit: number; worst: number; json: string | undefined } {
  const options = { limit: { type: 'string' }, worst: { type: 'string' }, json: { type: 'string' } } as const;
  try {
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const [folder, ...rest] = positionals;
    const [limit, worst] = [Number(values.limit ?? Infinity), Number(values.worst ?? 10)];
    if (folder !== undefined && rest.length === 0 && limit >= 1 && worst >= 0) {
      return { folder, limit, worst, json: values.json };
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
  }
  process.stderr.write(`${USAGE}\n`);
  process.exit(64);
}

/** What cannot be read is named in a sentence; a stack would tell of this program, not of the folder. */
function giveUp(error: unknown): never {
  const { code, path, message } = error as NodeJS.ErrnoException;
  process.stderr.write(`${path === undefined ? message : `${path} cannot be read (${String(code)}).`}\n`);
  process.exit(1);
}
