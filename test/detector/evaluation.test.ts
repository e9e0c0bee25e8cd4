import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { evaluate } from '../../bench/detector/evaluate.js';
import { listLabelled } from '../../bench/detector/labelled-pictures.js';
import { areaUnderRoc, averagePrecision, foundAt, measure } from '../../bench/detector/metrics.js';
import { renditions } from '../../bench/detector/renditions.js';
import { describe as describeEvaluation } from '../../bench/detector/report.js';
import { cameraTiff } from '../workers/camera-tiff.js';
import { insertPngChunks } from '../support/pictures.js';

describe('the figures of an evaluation', () => {
  const ramp = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index / 1000);

  it('take order alone, and a tie for half', () => {
    assert.equal(areaUnderRoc([0.9, 0.8], [0.1, 0.2]), 1);
    assert.equal(areaUnderRoc([0.1, 0.2], [0.9, 0.8]), 0);
    assert.equal(areaUnderRoc([0.5, 0.5], [0.5]), 0.5);
    assert.equal(areaUnderRoc([0.9, 0.3], [0.5, 0.1]), 0.75);
    assert.ok(Number.isNaN(areaUnderRoc([], [0.5])));
  });

  it('have the average precision of a list worked by hand', () => {
    assert.equal(averagePrecision([0.9, 0.7], [0.8, 0.1]), (1 + 2 / 3) / 2);
    assert.equal(averagePrecision([0.9], [0.1]), 1);
    assert.equal(averagePrecision([0.5], [0.5, 0.5, 0.5]), 0.25);
  });

  it('find at a rate of false alarms no more than it allows', () => {
    const photos = ramp(100, 0);
    assert.equal(foundAt([0.0985, 0.5], photos, 0.01), 1, 'one of a hundred photos may be above');
    assert.equal(foundAt([0.0979, 0.5], photos, 0.01), 0.5);
    assert.equal(foundAt(photos, photos, 0.05), 0.05);
    assert.ok(Number.isNaN(foundAt([0.5], [], 0.01)));
  });

  it('count what is flagged from 0.80 up', () => {
    const { generatedFlagged, photosFlagged } = measure([0.8, 0.79], [0.81, 0.1, 0.2, 0.3]);
    assert.deepEqual([generatedFlagged, photosFlagged], [0.5, 0.25]);
  });
});

describe('an evaluation of a folder', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
    const grey = (level: number) =>
      sharp({ create: { width: 90, height: 70, channels: 3, background: { r: level, g: level, b: level } } });
    const files: Record<string, Buffer> = {
      'ai/one/a.png': insertPngChunks(await grey(240).png().toBuffer(), [
        { type: 'tEXt', data: Buffer.from('Software\0NovelAI') },
      ]),
      'ai/one/b.webp': await grey(230).webp().toBuffer(),
      'ai/two/deeper/c.jpg': await grey(100).jpeg().toBuffer(),
      'real/d.jpg': await grey(150).jpeg().toBuffer(),
      'real/camera/e.png': insertPngChunks(await grey(10).png().toBuffer(), [{ type: 'eXIf', data: cameraTiff() }]),
      'real/camera/f.png': (await grey(10).png().toBuffer()).subarray(0, 60),
      'real/notes.txt': Buffer.from('no picture'),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
  });
  after(() => rm(folder, { recursive: true }));

  /** As generated as it is bright. */
  const detector = {
    version: 'brightness@1.0.0+0',
    score: ({ data }: { data: Uint8Array }) => Promise.resolve(data[data.length >> 1]! / 255),
    heat: () => Promise.reject(new Error('not asked for')),
  };

  it('takes subfolders for sources and passes over what is no picture', async () => {
    const listed = await listLabelled(folder);
    assert.deepEqual(
      listed.map(({ source, generated, contentType }) => `${source} ${generated} ${contentType}`),
      [
        'camera false image/png',
        'camera false image/png',
        'real false image/jpeg',
        'one true image/png',
        'one true image/webp',
        'two true image/jpeg',
      ],
    );
    assert.equal((await listLabelled(folder, 1)).length, 4);
    await assert.rejects(listLabelled(join(folder, 'real')), /needs the folders real and ai/);
  });

  it('measures every rendition and every source, and joins provenance', async () => {
    const evaluation = await evaluate(detector, await listLabelled(folder));
    const { overall, sources, macroAuc, pictures, undecodable } = evaluation;
    assert.deepEqual([pictures.length, undecodable.length], [5, 1]);
    assert.equal(overall.length, renditions.length + 1);
    // Of 3 × 2 pairs one is wrong: the darkest generated below the lighter photo.
    assert.equal(overall[0]?.metrics.auc, 5 / 6);
    assert.equal(macroAuc[0], (1 + 0.5) / 2);
    assert.equal(macroAuc.length, renditions.length);
    assert.deepEqual(
      sources.map(({ source, pictures: count, flagged }) => [source, count, flagged[0]]),
      [
        ['camera', 1, 0],
        ['real', 1, 0],
        ['one', 2, 1],
        ['two', 1, 0],
      ],
    );
    const marked = pictures.find(({ path }) => path.endsWith('a.png'));
    assert.ok((marked?.joined ?? 0) > (marked?.byPixels[0] ?? 1));
    const report = describeEvaluation(evaluation, { worst: 1 });
    assert.match(report, /^# brightness@1\.0\.0\+0\n\n3 generated pictures, 2 photos; 1 cannot be decoded\./);
    assert.match(report, /\| original bytes \| 0\.83 \| 0\.75 \|/);
    assert.match(report, /\| 0\.588 \| real \| .*d\.jpg \|/);
  });
});
