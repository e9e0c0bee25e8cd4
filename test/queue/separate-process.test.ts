import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.js';
import { SeparateProcess } from '../../src/queue/separate-process.js';
import type { AnalysisTask } from '../../workers/analysis.js';
import { NamedPipe } from '../support/named-pipe.js';
import { PictureFolder, scene, toSharp } from '../workers/scenes.js';

describe('the process apart', function () {
  this.timeout(30_000);

  let folder: PictureFolder;
  let apart: SeparateProcess;
  let task: AnalysisTask;

  before(async () => {
    folder = await PictureFolder.make();
    task = await folder.task('scene.jpg', await toSharp(scene(41)).jpeg().toBuffer());
    apart = new SeparateProcess({ detectorFolder: loadConfig({}).detectorFolder, deadlineSeconds: 3 });
  });
  after(async () => {
    await apart.close();
    await folder.remove();
  });

  it('gives a picture up that never returns, and looks at those behind it', async () => {
    const pipe = await NamedPipe.make(folder.path);
    const endless = { ...task, path: pipe.path };
    const [analysis, thumbnail, next] = await Promise.all([
      apart.analyse(endless),
      apart.thumbnail({ ...endless, size: 100 }),
      apart.analyse(task),
    ]);
    assert.deepEqual([analysis.findings, analysis.lasting], [['analysis_failed'], true]);
    assert.match(analysis.error ?? '', /did not come to an end/);
    assert.equal(thumbnail.webp, null);
    assert.deepEqual([next.error, next.width], [null, 400]);
  });

  it('tells of a file that cannot be read instead of giving it up', async () => {
    await assert.rejects(apart.analyse({ ...task, path: `${folder.path}/missing.jpg` }), /ENOENT/);
  });
});
