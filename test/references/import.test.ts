import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { importReferencesCommand } from '../../src/commands/import-references.js';
import { importReferences } from '../../src/features/references/import-references.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('importing references', () => {
  let server: TestServer;
  let folder: string;

  beforeEach(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'assay-import-'));
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const hash = (number: number) => number.toString(16).padStart(64, '0');
  const url = (number: number) => `https://example.com/${number}.jpg`;

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  /** @returns what it says. */
  async function command(args: string[], lines: string[] = []): Promise<string[]> {
    const { db, config } = server.services;
    const interrupted = new AbortController().signal;
    await importReferencesCommand.run({ db, config, interrupted, say: (line) => lines.push(line) }, args);
    return lines;
  }

  const known = async () => {
    const rows = await server.db('reference_images').orderBy('source_url').select('source_url', 'pdq', 'pdq_quality');
    return (rows as { sourceUrl: string; pdq: Buffer; pdqQuality: number }[]).map(
      ({ sourceUrl, pdq, pdqQuality }) => `${sourceUrl} ${Number.parseInt(pdq.toString('hex'), 16)} ${pdqQuality}`,
    );
  };

  it('reads JSON lines under the names that lists use, and passes over what is no reference', async () => {
    const lines = [
      JSON.stringify({ pdq: hash(1), source_url: url(1) }),
      JSON.stringify({ hash: hash(2).toUpperCase(), url: url(2), quality: 60 }),
      '',
      JSON.stringify({ pdq_hash: hash(3), source: url(3), more: { of: 'it' } }),
      '{"pdq": ',
      'null',
      JSON.stringify({ pdq: 'f8', source_url: url(4) }),
      JSON.stringify({ pdq: hash(5) }),
      JSON.stringify({ pdq: hash(6), url: url(6), quality: 101 }),
      JSON.stringify({ pdq: hash(7), url: 'x'.repeat(2001) }),
      `"${'x'.repeat(70_000)}"`,
      JSON.stringify({ pdq: hash(8), url: 'a\0b' }),
      JSON.stringify({ pdq: hash(9), url: url(9) }),
    ];
    const summary = await importReferences(server.services, await file('list.jsonl', lines.join('\r\n')));
    const counts = { added: summary.added, skipped: summary.skipped, faulty: summary.faulty };
    assert.deepEqual(counts, { added: 4, skipped: 0, faulty: 8 });
    assert.deepEqual(
      summary.faults.map(({ at }) => at),
      [5, 6, 7, 8, 9, 10, 11, 12].map((line) => `line ${line}`),
    );
    assert.deepEqual(await known(), [`${url(1)} 1 100`, `${url(2)} 2 60`, `${url(3)} 3 100`, `${url(9)} 9 100`]);
  });

  it('reads tables with or without a row of names, in whatever order, quoted or not', async () => {
    const tables = {
      'hash and address.csv': `${hash(1)},${url(1)}\n`,
      'three columns.csv': `${hash(2)},90,"https://example.com/2.jpg?a=1,2"\r\n`,
      'named.csv': `\uFEFFid,URL,Hash,Quality\n7,${url(3)},${hash(3)},80\n8,${url(4)},${hash(4)},\n`,
      'address first.csv': `${url(5)},${hash(5)}\nno hash here,and none here\n${url(6)},${hash(6)}\n`,
    };
    let faulty = 0;
    for (const [name, text] of Object.entries(tables)) {
      faulty += (await importReferences(server.services, await file(name, text))).faulty;
    }
    assert.equal(faulty, 1);
    assert.deepEqual(await known(), [
      `${url(1)} 1 100`,
      'https://example.com/2.jpg?a=1,2 2 90',
      `${url(3)} 3 80`,
      `${url(4)} 4 100`,
      `${url(5)} 5 100`,
      `${url(6)} 6 100`,
    ]);
  });

  it('commits batch by batch, and passes over what an interrupted import has done', async () => {
    const path = join(folder, 'long.jsonl');
    const stream = createWriteStream(path);
    for (let number = 0; number < 12_000; number++) {
      stream.write(`${JSON.stringify({ pdq: hash(number), url: url(number) })}\n`);
    }
    stream.end();
    await finished(stream);
    const interruption = new AbortController();
    const progress: number[] = [];
    const first = await importReferences(server.services, path, {
      signal: interruption.signal,
      onProgress: ({ added }) => {
        progress.push(added);
        interruption.abort();
      },
    });
    assert.deepEqual([first.added, progress], [5000, [5000]]);
    const second = await importReferences(server.services, path);
    assert.deepEqual([second.added, second.skipped], [7000, 5000]);
  });

  it('takes a list that names one reference many times for one reference', async () => {
    const line = JSON.stringify({ pdq: hash(1), url: url(1) });
    const summary = await importReferences(server.services, await file('list.jsonl', `${line}\n${line}\n${line}`));
    assert.deepEqual([summary.added, summary.skipped], [1, 2]);
  });

  it('says what it does not take', async () => {
    await assert.rejects(importReferences(server.services, join(folder, 'missing.csv')), /cannot be read: ENOENT/);
    const text = await file('list.txt', '');
    await assert.rejects(importReferences(server.services, text), /neither a folder nor a \.jsonl or \.csv file/);
    await assert.rejects(command([]), /Name one file or folder/);
    await assert.rejects(command(['--what', 'a']), /Unknown option '--what'/);
  });

  it('prints how far it has come, and fails where something could not be taken', async () => {
    const lines: string[] = [];
    const list = await file('list.csv', `${hash(1)},${url(1)}\nnothing,at all\n`);
    await assert.rejects(command([list], lines), /Not all of it could be taken/);
    assert.match(lines[0] ?? '', /^1 added, 0 known before, 1 faulty, \d+ a second$/);
    assert.match(lines[1] ?? '', /^line 2: There is no PDQ hash/);
    assert.match(lines.at(-1) ?? '', /^Done: 1 added/);
  });

  it('reads an empty list and an empty folder', async () => {
    await mkdir(join(folder, 'empty'));
    const nothing = { added: 0, skipped: 0, faulty: 0, faults: [] };
    assert.deepEqual(await importReferences(server.services, await file('list.csv', '')), nothing);
    assert.deepEqual(await importReferences(server.services, join(folder, 'empty')), nothing);
  });
});
