import { stat } from 'node:fs/promises';
import { basename, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { type AssayClient, fileAt, picturesBelow, uploadFiles } from '../../client/node.js';
import { sanitizeFilename } from '../features/uploads/inspection/filename.js';
import { CLEAN, CliError, type Command, FOUND, many } from './command.js';
import { signedInClient } from './session-file.js';
import { ProgressLine, shown } from './terminal.js';

const PAGE = 10_000;
const REFUSALS_SHOWN = 50;
/** Of the 255 characters of a name, so that what tells one path from another is not cut off. */
const LONGEST_PATH_NAME = 240;

export const uploadCommand: Command = {
  usage: '<request> <folder | file>… [options]',
  summary: 'Upload pictures to a request. Begun anew, it sends what is not there yet.',
  details: `
  --via <form | presigned>   through the service (form), or straight to its storage
  --path-names               call a/1.jpg a__1.jpg: the service keeps no folders, so that a/1.jpg and b/1.jpg are both 1.jpg
  --again                    send files also that seem to be there: the service keeps equal bytes once
  --json                     JSON Lines: a line for each file that was refused, then one of all

  Of a folder its pictures are sent, by name or content, with those that links lead to; what is named itself always is.
  Exit codes: 0 all files are there, 1 some were refused, 2 it could not be done.`,
  async run({ interrupted, say }, argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        via: { type: 'string', default: 'form' },
        'path-names': { type: 'boolean', default: false },
        again: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [requestId, ...places] = positionals;
    if (requestId === undefined || places.length === 0) throw new CliError('Name a request, and files or folders.');
    const { via } = values;
    if (via !== 'form' && via !== 'presigned') throw new CliError('--via takes form or presigned.');
    const client = await signedInClient();
    const found = await findFiles(places, values['path-names']);
    if (found.length === 0) throw new CliError(`There is no picture in ${places.map(shown).join(', ')}.`);
    const missing = values.again ? found : await withoutUploaded(client, requestId, found);
    const present = found.length - missing.length;

    const progress = new ProgressLine();
    const refused: string[] = [];
    const files = missing.map(({ path, name }) => fileAt(path, name));
    const { uploaded, skipped, errors } = await uploadFiles(client, requestId, files, {
      via,
      signal: interrupted,
      onProgress: ({ sent, total }) => progress.draw({ done: sent, total }),
    }).finally(() => progress.clear());
    for (const error of errors) {
      if (values.json) say(JSON.stringify({ type: 'refused', ...error }));
      else refused.push(`${shown(error.filename)}: ${shown(error.message)}`);
    }
    const all = { uploaded, present: present + skipped, refused: errors.length };
    if (values.json) say(JSON.stringify({ type: 'summary', ...all }));
    else {
      for (const line of refused.slice(0, REFUSALS_SHOWN)) say(line);
      if (refused.length > REFUSALS_SHOWN) say(`… and ${refused.length - REFUSALS_SHOWN} more.`);
      say(`${all.uploaded} uploaded, ${all.present} there before, ${all.refused} refused.`);
      const namesakes = countNamesakes(found);
      if (namesakes > 0 && !values['path-names']) {
        say(
          `${many(namesakes, 'file has', 'files have')} a name that another has, too: --path-names tells them apart.`,
        );
      }
    }
    return errors.length > 0 ? FOUND : CLEAN;
  },
};

interface LocalFile {
  path: string;
  /** What the service is to call it. */
  name: string;
  /** What it will call it, and its size. */
  key: string;
  modifiedAt: number;
}

/** @throws {CliError} where a place is not there. */
async function findFiles(places: readonly string[], pathNames: boolean): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const add = async (path: string, name: string) => {
    // A link that leads nowhere, or what went meanwhile: sending it tells why it cannot be read.
    const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: Infinity }));
    files.push({ path, name, key: keyOf(name, size), modifiedAt: mtimeMs });
  };
  for (const place of places) {
    const stats = await stat(place).catch(() => {
      throw new CliError(`There is no file or folder ${shown(place)}.`);
    });
    if (!stats.isDirectory()) await add(place, basename(place));
    else {
      for await (const path of picturesBelow(place)) {
        await add(path, pathNames ? pathName(relative(place, path)) : basename(path));
      }
    }
  }
  return files;
}

const pathName = (path: string) => path.split(sep).join('__').slice(-LONGEST_PATH_NAME);

/** Files that one name stands for with others. */
function countNamesakes(files: readonly LocalFile[]): number {
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
}

const keyOf = (name: string, bytes: number) => `${bytes} ${sanitizeFilename(name)}`;

/**
 * The files that are not in the request: of another name or size, or changed since. Of files with one name and size all
 * are sent unless as many are there, since which of them these are cannot be told.
 */
async function withoutUploaded(
  client: AssayClient,
  requestId: string,
  files: readonly LocalFile[],
): Promise<readonly LocalFile[]> {
  const uploaded = new Map<string, { count: number; since: number }>();
  for await (const { filename, size_bytes, created_at } of uploadsOf(client, requestId)) {
    const key = keyOf(filename, size_bytes);
    const known = uploaded.get(key) ?? { count: 0, since: Infinity };
    uploaded.set(key, { count: known.count + 1, since: Math.min(known.since, Date.parse(created_at)) });
  }
  const local = new Map<string, number>();
  for (const { key } of files) local.set(key, (local.get(key) ?? 0) + 1);
  return files.filter(({ key, modifiedAt }) => {
    const { count = 0, since = 0 } = uploaded.get(key) ?? {};
    return count < (local.get(key) ?? 0) || modifiedAt > since;
  });
}

async function* uploadsOf(client: AssayClient, request_id: string) {
  let cursor: string | undefined;
  for (;;) {
    const page = await client.uploads.list.query({ request_id, limit: PAGE, cursor });
    yield* page;
    if (page.length < PAGE) return;
    cursor = page.at(-1)?.image_id;
  }
}
