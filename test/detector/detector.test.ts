import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { loadDetector, type Detector } from '../../workers/detector.js';
import { chooseCrops } from '../../workers/detector/crops.js';
import { PRIOR } from '../../workers/detector/prior.js';
import type { Pixels } from '../../workers/pixels.js';
import { goldenPicture } from './golden-picture.js';

const shipped = join(import.meta.dirname, '..', '..', 'workers', 'detector');

const goldenSchema = z.array(
  z.object({
    width: z.number(),
    height: z.number(),
    seed: z.number(),
    sha256: z.string(),
    crops: z.array(z.object({ left: z.number(), top: z.number() })),
    logit: z.number(),
    score: z.number(),
  }),
);

const inputSchema = z.object({ input: z.object({ crop: z.number(), maxCrops: z.number() }) });

describe('the shipped detector', () => {
  let detector: Detector;

  before(async () => {
    detector = await loadDetector(shipped);
  });

  it('bears the name, version and hash of its model', async () => {
    const model = await readFile(join(shipped, 'model.onnx'));
    const sha256 = createHash('sha256').update(model).digest('hex');
    assert.match(detector.version, /^[a-z0-9-]+@\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
    assert.equal(detector.version.split('+')[1], sha256.slice(0, 12));
  });

  const shapes: [string, Pixels][] = [
    ['a single pixel', flat(1, 1, 200)],
    ['odd sides', goldenPicture(257, 131, 5)],
    ['a column 5,000 pixels high', goldenPicture(1, 5000, 6)],
    ['a strip 5,000 pixels wide and 3 high', goldenPicture(5000, 3, 7)],
    ['plain black', flat(300, 200, 0)],
    ['plain white', flat(1024, 1024, 255)],
  ];
  for (const [name, picture] of shapes) {
    it(`gives a probability for ${name}`, async () => {
      const score = await detector.score(picture);
      assert.ok(score >= 0 && score <= 1, `got ${score}`);
    });
  }

  it('gives the same picture the same score, also beside others and from a second session', async () => {
    const picture = goldenPicture(640, 480, 11);
    const again = await loadDetector(shipped);
    const [first, , second] = await Promise.all([
      detector.score(picture),
      detector.score(goldenPicture(200, 900, 12)),
      detector.score(picture),
    ]);
    assert.equal(second, first);
    assert.equal(await again.score(picture), first);
  });

  it('looks at the pixels: unlike pictures score unlike', async () => {
    const scores = await Promise.all(
      [goldenPicture(640, 480, 1), flat(640, 480, 90)].map((picture) => detector.score(picture)),
    );
    assert.notEqual(scores[0], scores[1]);
  });

  it('refuses a buffer that does not fit the stated size', async () => {
    await assert.rejects(detector.score({ data: new Uint8Array(10), width: 2, height: 2 }), /2 × 2 needs 12 bytes/);
    await assert.rejects(detector.score({ data: new Uint8Array(0), width: 0, height: 4 }), RangeError);
  });
});

describe('agreement with the training code', () => {
  let golden: z.infer<typeof goldenSchema>;

  before(async () => {
    golden = goldenSchema.parse(await readJson(join(import.meta.dirname, 'golden.json')));
    assert.ok(golden.length > 0);
  });

  it('chooses the same crops of the same pictures', async () => {
    const { input } = inputSchema.parse(await readJson(join(shipped, 'manifest.json')));
    for (const { width, height, seed, sha256, crops } of golden) {
      const picture = goldenPicture(width, height, seed);
      assert.equal(createHash('sha256').update(picture.data).digest('hex'), sha256);
      assert.deepEqual(chooseCrops(picture, input.crop, input.maxCrops), crops);
    }
  });

  it('answers the same scores to 0.001', async () => {
    const detector = await loadDetector(shipped);
    for (const { width, height, seed, score } of golden) {
      const found = await detector.score(goldenPicture(width, height, seed));
      assert.ok(Math.abs(found - score) < 1e-3, `${width} × ${height}: ${found}, not ${score}`);
    }
  });

  it('pools the same logit, which a score near 1 would hide', async () => {
    const folder = await copyOfShipped();
    const gentle = { slope: 1 / 16, intercept: 0, prior: PRIOR };
    await changeManifest(folder, { calibration: gentle });
    const detector = await loadDetector(folder);
    await rm(folder, { recursive: true });
    for (const { width, height, seed, logit } of golden) {
      const score = await detector.score(goldenPicture(width, height, seed));
      const found = Math.log(score / (1 - score)) / gentle.slope;
      assert.ok(Math.abs(found - logit) < 1e-3, `${width} × ${height}: ${found}, not ${logit}`);
    }
  });
});

describe('a detector folder that cannot be used', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await copyOfShipped();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('loads when nothing is wrong with it', async () => {
    assert.equal((await loadDetector(folder)).version, (await loadDetector(shipped)).version);
  });

  it('is named when it does not exist', async () => {
    await assert.rejects(loadDetector(join(folder, 'nowhere')), /cannot read .*nowhere/);
  });

  it('is named when the model is missing', async () => {
    await rm(join(folder, 'model.onnx'));
    await assert.rejects(loadDetector(folder), /cannot read .*model\.onnx/);
  });

  it('is refused when the model is not the one the manifest describes', async () => {
    await writeFile(join(folder, 'model.onnx'), 'another model');
    await assert.rejects(loadDetector(folder), /model\.onnx has SHA-256 [0-9a-f]{64}; its manifest says [0-9a-f]{64}/);
  });

  it('is refused when the model is no ONNX file, though its hash is right', async () => {
    const bytes = Buffer.from('not a graph');
    await writeFile(join(folder, 'model.onnx'), bytes);
    await changeManifest(folder, { sha256: createHash('sha256').update(bytes).digest('hex') });
    await assert.rejects(loadDetector(folder), /model\.onnx is not a model this runtime can load/);
  });

  it('is refused when the manifest is not JSON', async () => {
    await writeFile(join(folder, 'manifest.json'), '{ "name":');
    await assert.rejects(loadDetector(folder), /manifest\.json is not JSON/);
  });

  it('names every wrong field of the manifest', async () => {
    await changeManifest(folder, { calibration: { slope: 0, intercept: 'none', prior: 0.1 }, pooling: 'median' });
    await assert.rejects(loadDetector(folder), (error: Error) => {
      assert.match(error.message, /manifest\.json is not a detector manifest/);
      for (const field of ['calibration.slope', 'calibration.intercept', 'pooling']) {
        assert.ok(error.message.includes(`${field}: `), `${field} is missing in: ${error.message}`);
      }
      return true;
    });
  });

  it('is refused when the model has no input of the manifest’s name', async () => {
    const { input } = z.object({ input: z.looseObject({}) }).parse(await readJson(join(folder, 'manifest.json')));
    await changeManifest(folder, { input: { ...input, name: 'pictures' } });
    await assert.rejects(loadDetector(folder), /input\.name is "pictures"; .*model\.onnx has crops/);
  });
});

async function copyOfShipped(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'detector-'));
  for (const name of ['model.onnx', 'manifest.json']) await copyFile(join(shipped, name), join(folder, name));
  return folder;
}

async function changeManifest(folder: string, changes: Record<string, unknown>): Promise<void> {
  const path = join(folder, 'manifest.json');
  const manifest = z.looseObject({}).parse(await readJson(path));
  await writeFile(path, JSON.stringify({ ...manifest, ...changes }));
}

function flat(width: number, height: number, value: number): Pixels {
  return { data: new Uint8Array(width * height * 3).fill(value), width, height };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
