import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { v7 as uuidv7 } from 'uuid';
import type { Image } from '../../models/image.js';
import { QcResult } from '../../models/qc-result.js';
import { QcRun } from '../../models/qc-run.js';
import { AnalysisPool } from '../../src/queue/analysis-pool.js';
import { loadConfig } from '../../src/config.js';
import { Exporter, readZip } from './exporter.js';

interface Coco {
  categories: { id: number; name: string }[];
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: { id: number; image_id: number; category_id: number; bbox: number[] }[];
}

interface Line {
  file_name: string;
  labels: string[];
  tied: string[];
  annotations: { labels: string[] }[];
}

const csv = (bytes: Buffer) => parse<Record<string, string>>(bytes, { columns: true, bom: true });

describe('an export as', () => {
  const classes = ['stop', 'Stop', '../evil', 'CON', '=cmd()'];
  let exporter: Exporter;
  let images: Image[];
  /** One class, tied, two classes, one hostile class, none, rejected. */
  const names = ['a.jpg', '=1+1.jpg', '<script>.jpg', 'a.jpg', '../../x.jpg', 'b|c.jpg'];

  before(async () => {
    exporter = await Exporter.start(classes);
    images = await exporter.upload(...names);
    const [one, tied, two, evil, , rejected] = images;
    await exporter.label([one, 'stop'], [tied, 'stop'], [two, 'stop', 'CON'], [evil, '../evil'], [rejected, 'Stop']);
    await exporter.label([one, 'stop'], [tied, 'Stop'], [two, 'stop', 'CON'], [evil, '=cmd()']);
    await exporter.label([one, 'CON'], [evil, '../evil']);
    await exporter.reject(rejected);
  });
  after(() => exporter.server.stop());

  it('JSON Lines has the consensus of each image, ties said, and what each labeler said', async () => {
    const lines = await exporter.exportLines<Line>();
    assert.deepEqual(
      lines.map(({ labels, tied, annotations }) => [labels, tied, annotations.map((each) => each.labels.join())]),
      [
        [['stop'], [], ['stop', 'stop', 'CON']],
        [[], ['stop', 'Stop'], ['stop', 'Stop']],
        [['stop', 'CON'], [], ['stop,CON', 'stop,CON']],
        [['../evil'], [], ['../evil', '=cmd()', '../evil']],
        [[], [], []],
      ],
    );
  });

  it('CSV has no cell that a spreadsheet takes for a formula', async () => {
    await exporter.label([images[4], '=cmd()']);
    const rows = csv(await exporter.export('csv'));
    assert.deepEqual(
      rows.map((row) => row.original_filename),
      ['a.jpg', "'=1+1.jpg", '<script>.jpg', 'a.jpg', 'x.jpg'],
    );
    assert.deepEqual(
      rows.map((row) => row.labels),
      ['stop', '', 'stop|CON', '../evil', "'=cmd()"],
    );
    for (const cell of rows.flatMap((row) => Object.values(row))) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
  });

  it('COCO names each category once and ties annotations to images of their size', async () => {
    const coco = JSON.parse((await exporter.export('coco')).toString()) as Coco;
    assert.deepEqual(
      coco.categories.map(({ name }) => name),
      classes,
    );
    const nameOf = new Map(coco.categories.map(({ id, name }) => [id, name]));
    const imageOf = new Map(coco.images.map((image) => [image.id, image]));
    assert.equal(imageOf.size, 5);
    assert.equal(new Set(coco.annotations.map(({ id }) => id)).size, coco.annotations.length);
    const said = coco.annotations.map(({ image_id, category_id, bbox }) => {
      const image = imageOf.get(image_id);
      assert.deepEqual(bbox, [0, 0, image?.width, image?.height]);
      return `${image?.file_name.slice(0, 2)} ${nameOf.get(category_id)}`;
    });
    assert.deepEqual(said.slice(0, 4), ['a- stop', 'sc stop', 'sc CON', 'a- ../evil']);
  });

  it('ImageFolder has each picture once, in a folder that is safe and of its class alone', async () => {
    const files = readZip(await exporter.export('imagefolder', { rejected: true }));
    const folders = [...files.keys()].map((name) => name.split('/')[0]);
    assert.deepEqual(folders.sort(), ['_multiple', '_rejected', '_tied', 'cmd', 'evil', 'stop']);
    assert.equal(files.size, images.length);
    for (const [name, bytes] of files) {
      assert.match(name, /^[\w-]+\/[\w-]+\.jpg$/);
      const image = images.find(({ id }) => name.includes(id));
      assert.equal(bytes.length, image?.bytes);
    }
  });

  it('Hugging Face imagefolder has a metadata line for each picture in it, and no other', async () => {
    const files = readZip(await exporter.export('huggingface'));
    const lines = (files.get('metadata.jsonl')?.toString() ?? '').trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { file_name: string; label: string | null });
    assert.deepEqual(
      rows.map((row) => row.file_name),
      [...files.keys()].filter((name) => name !== 'metadata.jsonl'),
    );
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['stop', null, null, '../evil', '=cmd()'],
    );
  });

  it('any of these calls an image by the same name', async () => {
    const [lines, coco, zip] = [
      (await exporter.exportLines<Line>()).map((line) => line.file_name),
      (JSON.parse((await exporter.export('coco')).toString()) as Coco).images.map((image) => image.file_name),
      [...readZip(await exporter.export('imagefolder')).keys()].map((name) => name.split('/')[1]),
    ];
    assert.deepEqual(coco, lines);
    assert.deepEqual(zip.sort(), lines.sort());
  });

  it('any data set leaves rejected images out unless they are asked for', async () => {
    assert.equal((await exporter.exportLines()).length, 5);
    assert.equal((await exporter.exportLines({ rejected: true })).length, 6);
  });

  describe('QC report', () => {
    let pool: AnalysisPool;
    let stranger: Exporter;
    before(async () => {
      pool = new AnalysisPool({ threads: 1, detectorFolder: loadConfig({}).detectorFolder });
      stranger = await Exporter.start(['stop'], exporter.server);
      const [his] = await stranger.upload('his secret.jpg');
      const { db } = exporter.server;
      const run = {
        id: uuidv7(),
        requestId: exporter.requestId,
        startedBy: exporter.userId,
        scope: 'everyone' as const,
      };
      await QcRun.query(db).insert({ ...run, status: 'completed' });
      const found = { requestId: run.requestId, runId: run.id, findings: [], transformation: ['flip'] };
      const copy = { ...found, duplicateScore: 0.97, matchScore: 0.97, matchRelation: 'copy' as const };
      await QcResult.query(db).insert({
        ...copy,
        imageId: images[0]?.id ?? '',
        aiGeneratedScore: 0.1,
        matchedImageId: his?.id ?? '',
      });
      await QcResult.query(db).insert({
        ...copy,
        imageId: images[2]?.id ?? '',
        aiGeneratedScore: 0.9,
        matchedImageId: images[5]?.id ?? '',
      });
      await QcResult.query(db).insert({
        ...found,
        imageId: images[3]?.id ?? '',
        duplicateScore: 0,
        aiGeneratedScore: 0,
      });
    });
    after(() => pool.close());

    it('CSV has a row for every image, examined or not, and names no picture of somebody else’s', async () => {
      const bytes = await exporter.export('qc_csv');
      const rows = csv(bytes);
      assert.deepEqual(
        rows.map(({ examined, flags }) => `${examined} ${flags}`),
        ['true near_duplicate', 'false ', 'true near_duplicate|ai_generated', 'true ', 'false ', 'false '],
      );
      assert.deepEqual(
        rows.map((row) => row.matched_filename),
        ['', '', 'b|c.jpg', '', '', ''],
      );
      assert.doesNotMatch(bytes.toString(), /secret/);
    });

    it('HTML shows what was found with small pictures, and runs and fetches nothing', async () => {
      const page = (await exporter.export('qc_html', { pool })).toString();
      assert.equal(page.match(/<tr><td>/g)?.length, 2);
      assert.equal(page.match(/<img alt="" src="data:image\/webp;base64,/g)?.length, 3);
      assert.match(page, /&lt;script&gt;\.jpg/);
      assert.doesNotMatch(page, /<script|https?:|secret/);
      assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
      assert.ok(page.trimEnd().endsWith('</table></body></html>'));
    });
  });
});
