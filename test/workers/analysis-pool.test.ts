import assert from 'node:assert/strict';
import sharp from 'sharp';
import { loadConfig } from '../../src/config.js';
import { AnalysisPool } from '../../src/queue/analysis-pool.js';
import type { AnalysisTask } from '../../workers/analysis.js';
import { perceptualHash } from '../../workers/perceptual-hash.js';
import { NamedPipe } from '../support/named-pipe.js';
import { insertPngChunks } from '../support/pictures.js';
import { paint, PictureFolder, scene, toPixels, toSharp } from './scenes.js';

describe('analysis pool', () => {
  const { detectorFolder } = loadConfig({});
  let folder: PictureFolder;
  let pool: AnalysisPool;
  let task: AnalysisTask;

  before(async () => {
    folder = await PictureFolder.make();
    pool = new AnalysisPool({ threads: 2, detectorFolder });
    task = await folder.task('scene.jpg', await toSharp(scene(31)).jpeg().toBuffer());
  });
  after(async () => {
    await pool.close();
    await folder.remove();
  });

  it('finds hash, score and size in one pass and times each stage', async () => {
    const analysis = await pool.analyse(task);
    const jpeg = await toSharp(scene(31)).jpeg().toBuffer();
    assert.deepEqual(analysis.pdq, perceptualHash(await toPixels(jpeg)).hash);
    assert.deepEqual([analysis.width, analysis.height], [400, 300]);
    assert.ok(analysis.detectorScore! >= 0 && analysis.detectorScore! <= 1);
    assert.deepEqual([analysis.findings, analysis.provenance, analysis.error], [[], [], null]);
    for (const [stage, milliseconds] of Object.entries(analysis.timings)) assert.ok(milliseconds > 0, stage);
  });

  it('answers the same whichever thread is asked, with more tasks than threads', async () => {
    const analyses = await Promise.all(Array.from({ length: 12 }, () => pool.analyse(task)));
    const results = analyses.map(({ pdq, detectorScore }) => `${pdq?.join()} ${detectorScore}`);
    assert.equal(new Set(results).size, 1);
  });

  it('carries no more memory across threads than the hash needs', async () => {
    const { pdq } = await pool.analyse(task);
    assert.equal(pdq?.buffer.byteLength, 32);
  });

  it('turns what is wrong with a picture into findings', async () => {
    const flat = await toSharp(paint(300, 200, () => [9, 9, 9]))
      .png()
      .toBuffer();
    const small = await toSharp(scene(32, 90, 40))
      .png()
      .toBuffer();
    const jpeg = await toSharp(scene(33)).jpeg().toBuffer();
    const generated = insertPngChunks(await toSharp(scene(34)).png().toBuffer(), [
      { type: 'tEXt', data: Buffer.from('Software\0NovelAI') },
    ]);
    const findingsOf = async (name: string, bytes: Buffer) =>
      (await pool.analyse(await folder.task(name, bytes))).findings;
    assert.deepEqual(await findingsOf('flat.png', flat), ['low_detail']);
    assert.deepEqual(await findingsOf('small.png', small), ['too_small']);
    assert.deepEqual(await findingsOf('cut.jpg', jpeg.subarray(0, 4000)), ['corrupt']);
    assert.deepEqual(await findingsOf('generated.png', generated), ['ai_metadata', 'ai_metadata:text:Software']);
  });

  it('answers for a picture that cannot be decoded', async () => {
    const cut = (await toSharp(scene(35)).jpeg().toBuffer()).subarray(0, 4000);
    const { timings, ...analysis } = await pool.analyse(await folder.task('cut.jpg', cut));
    assert.deepEqual(analysis, {
      width: 400,
      height: 300,
      pdq: null,
      pdqQuality: 0,
      fingerprint: null,
      detectorScore: null,
      provenance: [],
      metadataBytes: 0,
      findings: ['corrupt'],
      error: 'The picture is cut short or damaged.',
      lasting: true,
    });
    assert.ok(timings.decode > 0);
  });

  it('tells a picture over today’s limit from one that never can be decoded', async () => {
    const { error, lasting } = await pool.analyse({ ...task, maxPixels: 1000 });
    assert.deepEqual([error, lasting], ['The picture has more pixels than allowed.', false]);
    assert.ok((await pool.analyse(task)).lasting);
  });

  it('analyses a picture of one pixel', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const { findings, error } = await pool.analyse(await folder.task('dot.png', dot));
    assert.deepEqual([findings, error], [['too_small', 'low_detail'], null]);
  });

  it('makes thumbnails, and says why it cannot', async () => {
    const { webp } = await pool.thumbnail({ ...task, size: 100 });
    assert.ok(webp);
    const { format, width } = await sharp(webp).metadata();
    assert.deepEqual([format, width], ['webp', 100]);
    const nothing = await folder.task('nothing.webp', Buffer.from('nothing'));
    const { milliseconds, ...verdict } = await pool.thumbnail({ ...nothing, size: 100 });
    assert.deepEqual(verdict, { webp: null, undecodable: 'The file is not a WebP picture.', lasting: true });
    assert.ok(milliseconds > 0);
    await assert.rejects(pool.thumbnail({ ...task, path: `${folder.path}/missing.jpg`, size: 100 }), /ENOENT/);
  });

  it('counts pictures, failures and seconds by stage', async () => {
    const counting = new AnalysisPool({ threads: 1, detectorFolder });
    await counting.analyse(task);
    await counting.thumbnail({ ...task, size: 100 });
    await assert.rejects(counting.analyse({ ...task, path: `${folder.path}/missing.jpg` }));
    await counting.close();
    const { imagesAnalysed, analysisFailures, stageSeconds } = counting.stats;
    assert.deepEqual([imagesAnalysed, analysisFailures], [1, 1]);
    for (const [stage, seconds] of Object.entries(stageSeconds)) assert.ok(seconds > 0 && seconds < 20, stage);
  });

  it('rejects where the file or the detector is missing, and goes on', async () => {
    await assert.rejects(pool.analyse({ ...task, path: `${folder.path}/missing.jpg` }), /ENOENT/);
    assert.equal((await pool.analyse(task)).error, null);
    const blind = new AnalysisPool({ threads: 1, detectorFolder: folder.path });
    await assert.rejects(blind.analyse(task), /manifest\.json/);
    await blind.close();
  });

  it('finishes what it was given before it closes, and takes nothing after', async () => {
    const closing = new AnalysisPool({ threads: 1, detectorFolder });
    const given = Array.from({ length: 5 }, () => closing.analyse(task));
    let settled = 0;
    for (const analysis of given) void analysis.then(() => settled++);
    assert.ok(closing.queueSize > 0);
    await closing.close();
    assert.equal(settled, 5);
    await assert.rejects(closing.analyse(task), /takes no more pictures/);
  });

  it('gives a picture up that never returns, and goes on with the others on as many threads', async () => {
    const pipe = await NamedPipe.make(folder.path);
    const patient = new AnalysisPool({ threads: 2, detectorFolder, deadlineSeconds: 3 });
    const endless = patient.analyse({ ...task, path: pipe.path });
    const others = await Promise.all(Array.from({ length: 6 }, () => patient.analyse(task)));
    assert.ok(others.every(({ error }) => error === null));
    const { findings, error, lasting, fingerprint } = await endless;
    assert.deepEqual([findings, lasting, fingerprint], [['analysis_failed'], true, null]);
    assert.match(error ?? '', /did not come to an end/);
    await pipe.release();
    const { webp } = await patient.thumbnail({ ...task, path: pipe.path, size: 100 });
    assert.equal(webp, null);
    await pipe.release();

    const after = await Promise.all(Array.from({ length: 6 }, () => patient.analyse(task)));
    assert.ok(after.every(({ error }) => error === null));
    assert.deepEqual([patient.stats.imagesAnalysed, patient.stats.analysisFailures], [12, 1]);
    await patient.close();
  });

  it('counts no time against a picture that it waits for its turn', async () => {
    const pipe = await NamedPipe.make(folder.path);
    const narrow = new AnalysisPool({ threads: 1, detectorFolder, deadlineSeconds: 3 });
    const endless = ['heatMap', 'fingerprint'] as const;
    const given = endless.map((what) => narrow[what]({ ...task, path: pipe.path }));
    const waiting = narrow.analyse(task);
    for (const answer of await Promise.all(given))
      assert.match('undecodable' in answer ? answer.undecodable : '', /end/);
    assert.equal((await waiting).error, null);
    await pipe.release();
    await narrow.close();
  });

  it('closes at once when it was never used', async () => {
    await new AnalysisPool({ threads: 2, detectorFolder }).close();
  });
});
