import assert from 'node:assert/strict';
import { Image } from '../../models/image.js';
import { loadConfig } from '../../src/config.js';
import { analyseImages } from '../../src/features/qc/analyse-images.js';
import { AnalysisPool } from '../../src/queue/analysis-pool.js';
import { fileOf, small, Uploader } from '../uploads/uploader.js';

describe('analyses kept for the next time', () => {
  it('do not outlive a limit that was raised', async () => {
    const customer = await Uploader.start();
    const pool = new AnalysisPool({ threads: 1, detectorFolder: loadConfig({}).detectorFolder });
    await customer.send([fileOf('a.jpg', await small(1))]);
    const { db, services } = customer.server;
    const images = await Image.query(db);
    const errorsUnder = async (maxPixels: number) => {
      const analyser = { db, storage: services.storage, pool, apart: pool, analyserVersion: '1/test', maxPixels };
      const stop = new AbortController().signal;
      const analyses = await analyseImages(analyser, images, { stop, apart: false, tolerant: false });
      return [...analyses.values()].map(({ error }) => error);
    };
    assert.deepEqual(await errorsUnder(100), ['The picture has more pixels than allowed.']);
    assert.deepEqual(await errorsUnder(1e6), [null]);
    await pool.close();
    await customer.stop();
  });
});
