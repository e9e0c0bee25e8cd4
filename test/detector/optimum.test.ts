import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAnalyserVersion } from '../../workers/analyser-version.js';
import { loadDetector } from '../../workers/detector.js';
import { atPrior, logit, PRIOR } from '../../workers/detector/prior.js';
import type { Pixels } from '../../workers/pixels.js';
import { goldenPicture } from './golden-picture.js';
import { tinyModel, type TinyModel } from './tiny-model.js';

const LABELS = { 0: 'artificial', 1: 'human' };
const PREPROCESSOR = {
  image_processor_type: 'ViTImageProcessor',
  do_resize: true,
  size: { height: 224, width: 224 },
  resample: 2,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.5, 0.25, 0.2],
};
/** Its logit for "generated" is the red, normalised. */
const MODEL: TinyModel = {
  weights: [
    [1, 0, 0],
    [0, 0, 0],
  ],
  biases: [0, 0],
};

describe('a detector as Hugging Face Optimum exports it', () => {
  let root: string;
  let made = 0;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'optimum-'));
  });
  after(() => rm(root, { recursive: true }));

  interface Folder {
    config?: unknown;
    preprocessor?: object;
    model?: Buffer;
    calibration?: object;
  }
  const folderWith = async ({ config = { id2label: LABELS }, preprocessor, model, calibration }: Folder = {}) => {
    const folder = join(root, `My Model ${made++}`);
    await mkdir(folder);
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify({ ...PREPROCESSOR, ...preprocessor }));
    await writeFile(join(folder, 'model.onnx'), model ?? tinyModel(MODEL));
    if (calibration) await writeFile(join(folder, 'calibration.json'), JSON.stringify(calibration));
    return folder;
  };
  const scoreBy = async (folder: string, picture: Pixels) => (await loadDetector(folder)).score(picture);
  const refusal = async (folder: string | Promise<string>) => {
    const error: unknown = await loadDetector(await folder).then(
      () => assert.fail('it was loaded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    assert.match(error.message, /^Detector: .+\.$/);
    return error.message;
  };
  const near = (found: number, expected: number) =>
    assert.ok(Math.abs(found - expected) < 1e-5, `${found}, not ${expected}`);
  const probability = (log: number) => 1 / (1 + Math.exp(-log));

  it('scores by its labels, rescaled and normalised as it says, stated for our prior', async () => {
    const picture = flat(300, 200, [204, 10, 250]);
    const byRed = (204 / 255 - 0.5) / 0.5;
    near(await scoreBy(await folderWith(), picture), atPrior(probability(byRed), 0.5));
    const swapped = { id2label: { 0: 'real', 1: 'AI_generated' } };
    near(await scoreBy(await folderWith({ config: swapped }), picture), atPrior(probability(-byRed), 0.5));
    const raw = await folderWith({ preprocessor: { do_rescale: false, do_normalize: false } });
    near(logit(await scoreBy(raw, flat(64, 64, [3, 0, 0]))), logit(atPrior(probability(3), 0.5)));
  });

  it('takes a model with several generators among its classes, and one with a single', async () => {
    const id2label = { 0: 'Real', 1: 'Stable Diffusion', 2: 'Midjourney' };
    const several = {
      weights: [
        [0, 0, 0],
        [1, 0, 0],
        [2, 0, 0],
      ],
      biases: [0, 0, 0],
    };
    const red = (255 / 255 - 0.5) / 0.5;
    const share = (Math.exp(red) + Math.exp(2 * red)) / (1 + Math.exp(red) + Math.exp(2 * red));
    const folder = await folderWith({ config: { id2label }, model: tinyModel(several) });
    near(await scoreBy(folder, flat(50, 50, [255, 0, 0])), atPrior(share, 0.5));
    const single = tinyModel({ weights: [[1, 0, 0]], biases: [0.5] });
    const alone = await folderWith({ config: { id2label: { 0: 'fake' } }, model: single });
    near(await scoreBy(alone, flat(50, 50, [255, 0, 0])), atPrior(probability(red + 0.5), 0.5));
  });

  it('is calibrated where calibration.json lies beside it', async () => {
    const folder = await folderWith({ calibration: { slope: 2, intercept: -1, prior: PRIOR } });
    near(await scoreBy(folder, flat(9, 9, [255, 0, 0])), probability(2 * 1 - 1));
    assert.match(await refusal(folderWith({ calibration: { slope: -1, intercept: 0, prior: PRIOR } })), /slope/);
  });

  it('resizes and cuts as its preprocessor does', async () => {
    // Red in the middle third alone: what share of what the model sees is red tells how it was cut.
    const picture = flat(300, 100, [0, 0, 0]);
    for (let y = 0; y < 100; y++) picture.data.fill(255, (y * 300 + 100) * 3, (y * 300 + 200) * 3);
    const redShare = async (preprocessor: object) => {
      const plain = { ...preprocessor, do_normalize: false, resample: 3 };
      return logit(await scoreBy(await folderWith({ preprocessor: plain }), picture)) - logit(PRIOR);
    };
    const third = await redShare({ size: { height: 96, width: 96 } });
    assert.ok(Math.abs(third - 1 / 3) < 0.01, `${third}`);
    const cut = { do_center_crop: true, crop_size: { height: 96, width: 96 } };
    assert.ok((await redShare({ size: { shortest_edge: 96 }, ...cut })) > 0.98);
    assert.ok((await redShare({ image_processor_type: 'CLIPImageProcessor', size: 96, ...cut, crop_size: 96 })) > 0.98);
    assert.ok(Math.abs((await redShare({ image_processor_type: 'ViTImageProcessor', size: 96 })) - 1 / 3) < 0.01);
    const convNext = { image_processor_type: 'ConvNextImageProcessor', crop_pct: 0.875 };
    assert.ok((await redShare({ ...convNext, size: { shortest_edge: 224 } })) > 0.98);
    assert.ok(Math.abs((await redShare({ ...convNext, size: { shortest_edge: 384 } })) - 1 / 3) < 0.01);
  });

  it('has a heat map, too, of squares of the picture', async () => {
    const detector = await loadDetector(await folderWith());
    const picture = flat(400, 200, [0, 0, 0]);
    for (let y = 0; y < 200; y++) picture.data.fill(255, (y * 400 + 200) * 3, (y * 400 + 400) * 3);
    const { side, squares } = await detector.heat(picture);
    assert.ok(side > 0 && squares.length > 4 && squares.length <= 64);
    const mean = (right: boolean) => {
      const half = squares.filter(({ left }) => (right ? left >= 200 : left + side <= 200));
      return half.reduce((sum, square) => sum + square.probability, 0) / half.length;
    };
    assert.ok(mean(true) > mean(false));
  });

  it('bears a version that changes with all that decides the score', async () => {
    const one = await readAnalyserVersion(await folderWith());
    assert.match(one, /^\d+\/my-model-\d+@optimum\+[0-9a-f]{12}$/);
    const digest = async (folder: Folder) => (await readAnalyserVersion(await folderWith(folder))).split('+')[1];
    const digests = [
      await digest({}),
      await digest({ config: { id2label: { 0: 'human', 1: 'artificial' } } }),
      await digest({ preprocessor: { resample: 3 } }),
      await digest({ model: tinyModel({ ...MODEL, biases: [0, 1] }) }),
      await digest({ calibration: { slope: 1, intercept: 0, prior: 0.2 } }),
    ];
    assert.equal(new Set(digests).size, digests.length);
    assert.equal(await digest({}), one.split('+')[1]);
  });

  describe('is refused with the reason', () => {
    it('when its labels do not tell which of them means generated', async () => {
      const labels = (id2label: object) => refusal(folderWith({ config: { id2label } }));
      assert.match(await labels({ 0: 'LABEL_0', 1: 'LABEL_1' }), /does not tell whether "LABEL_0", "LABEL_1" means/);
      assert.match(await labels({ 0: 'cat', 1: 'artificial' }), /"cat"/);
      assert.match(await labels({ 0: 'real or fake', 1: 'human' }), /"real or fake"/);
      assert.match(await labels({ 0: 'fake', 1: 'ai' }), /every label/);
      assert.match(await labels({ 0: 'real', 1: 'human' }), /no label/);
      assert.match(await labels({ 1: 'real', 2: 'fake' }), /does not count from 0/);
      assert.match(await labels({ zero: 'real' }), /config\.json is not/);
      assert.match(await refusal(folderWith({ config: null })), /config\.json is not/);
    });

    it('when its preprocessor asks for what is not to be had', async () => {
      const faulty = (preprocessor: object) => refusal(folderWith({ preprocessor }));
      assert.match(await faulty({ do_resize: false }), /preprocessor_config\.json: .*do_resize/);
      assert.match(await faulty({ size: { shortest_edge: 224 } }), /do_center_crop/);
      assert.match(await faulty({ size: 1e6 }), /size/);
      assert.match(await faulty({ size: { longest_edge: 224 } }), /size/);
      assert.match(await faulty({ resample: 0 }), /resample/);
      assert.match(await faulty({ image_std: [1, 0, 1] }), /image_std: must be positive/);
      assert.match(await faulty({ image_mean: [0.5] }), /image_mean/);
      assert.match(await faulty({ do_flip_channel_order: true }), /do_flip_channel_order/);
      assert.match(
        await faulty({ do_center_crop: true, crop_size: { height: 300, width: 300 } }),
        /crop_size is larger than size/,
      );
    });

    it('when the model takes or gives other shapes', async () => {
      const model = (change: Partial<TinyModel>) => refusal(folderWith({ model: tinyModel({ ...MODEL, ...change }) }));
      assert.match(await model({ shape: [1, 3, 96, 96] }), /does not take float32 of 1 × 3 × 224 × 224/);
      assert.match(await model({ weights: [[1, 0, 0]], biases: [0] }), /did not answer 2 32-bit floats/);
      assert.match(await model({ output: 'scores' }), /output\.name is "logits".* has scores/);
      assert.match(await model({ type: 'uint8' }), /does not take float32/);
      assert.match(await model({ biases: [NaN, 0] }), /no number/);
    });

    it('when the weights lie in other files, wherever', async () => {
      for (const externalData of ['weights.bin', '../../secret', '/etc/passwd']) {
        assert.match(
          await refusal(folderWith({ model: tinyModel({ ...MODEL, externalData }) })),
          /weights in other files/,
        );
      }
    });

    it('when the model is cut short or none', async () => {
      const whole = tinyModel(MODEL);
      for (const model of [
        whole.subarray(0, 50),
        Buffer.from('not a model'),
        Buffer.alloc(0),
        Buffer.alloc(100, 0xff),
      ]) {
        assert.match(await refusal(folderWith({ model })), /is not a model this runtime can load|must have one input/);
      }
    });

    it('when a file is missing, too large, a folder, or a link out of the folder', async () => {
      const missing = await folderWith();
      await rm(join(missing, 'preprocessor_config.json'));
      assert.match(await refusal(missing), /cannot read .*preprocessor_config\.json/);

      const large = await folderWith();
      await truncate(join(large, 'model.onnx'), 2 ** 30);
      assert.match(await refusal(large), /model\.onnx has 1073741824 bytes; at most/);
      await truncate(join(large, 'config.json'), 2 ** 25);
      assert.match(await refusal(large), /config\.json has 33554432 bytes/);

      const nested = await folderWith();
      await rm(join(nested, 'model.onnx'));
      await mkdir(join(nested, 'model.onnx'));
      assert.match(await refusal(nested), /model\.onnx is not a file/);

      const linked = await folderWith();
      await rm(join(linked, 'model.onnx'));
      await symlink(join(await folderWith(), 'model.onnx'), join(linked, 'model.onnx'));
      assert.match(await refusal(linked), /model\.onnx is a link out of its folder/);
      const looped = await folderWith();
      await rm(join(looped, 'config.json'));
      await symlink('config.json', join(looped, 'config.json'));
      assert.match(await refusal(looped), /cannot read .*config\.json/);
    });

    it('when the folder holds no detector', async () => {
      const empty = join(root, 'empty');
      await mkdir(empty);
      assert.match(await refusal(empty), /manifest\.json, and there is no config\.json/);
      await assert.rejects(readAnalyserVersion(empty), /manifest\.json/);
    });
  });

  it('is found where the folder itself is a link', async () => {
    const link = join(root, 'link');
    await symlink(await folderWith(), link);
    assert.ok((await scoreBy(link, goldenPicture(100, 100, 1))) > 0);
  });
});

function flat(width: number, height: number, colour: [number, number, number]): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) data.set(colour, at);
  return { data, width, height };
}
