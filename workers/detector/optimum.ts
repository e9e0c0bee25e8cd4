import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { DetectorFault, listFolder, MOST_JSON, MOST_MODEL, readJsonWithin, readWithin } from './detector-folder.js';
import { generatedClasses } from './labels.js';
import { calibrationSchema, notAManifest } from './manifest.js';
import type { DetectorPlan, WholeView } from './plan.js';
import type { Filter } from './resize.js';

export const OPTIMUM_CONFIG = 'config.json';
const PREPROCESSOR = 'preprocessor_config.json';
/** Ours, optional: what Platt scaling on pictures of one's own gave. */
const CALIBRATION = 'calibration.json';

/** A model trained on as many generated pictures as others means by 0.5 that it cannot tell. */
const UNCALIBRATED = { slope: 1, intercept: 0, prior: 0.5 };

const configSchema = z.object({
  id2label: z.record(z.string().regex(/^\d+$/), z.string()),
  model_type: z.string().default(''),
  _name_or_path: z.string().default(''),
});

const side = z.int().min(16).max(2048);
const sizeSchema = z.union([
  side,
  z.strictObject({ height: side, width: side }),
  z.strictObject({ shortest_edge: side }),
]);
const channels = z.array(z.number()).length(3);

const preprocessorSchema = z.object({
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_resize: z.boolean().default(true),
  size: sizeSchema.optional(),
  /** Pillow's numbers. */
  resample: z.int().default(2),
  do_center_crop: z.boolean().optional(),
  crop_size: sizeSchema.nullish(),
  crop_pct: z.number().gt(0).max(1).nullish(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.nullish(),
  image_std: channels.refine((std) => std.every((value) => value > 0), 'must be positive').nullish(),
  do_flip_channel_order: z.literal(false, 'is not supported').nullish(),
  do_pad: z.literal(false, 'is not supported').nullish(),
});

type Preprocessor = z.infer<typeof preprocessorSchema>;

/**
 * Reads a folder as Hugging Face Optimum exports a model for image classification: `model.onnx`, `config.json` with
 * `id2label`, `preprocessor_config.json`; beside them, if one likes, `calibration.json` (`slope`, `intercept`, `prior`).
 * @throws {DetectorFault} naming the file and the field that is missing, wrong or ambiguous.
 */
export async function readOptimumPlan(folder: string): Promise<DetectorPlan> {
  const describedIn = join(folder, OPTIMUM_CONFIG);
  const config = configSchema.safeParse(await readJsonWithin(folder, OPTIMUM_CONFIG));
  if (!config.success) throw notAManifest(describedIn, 'configuration of an image classifier', config.error);
  const preprocessorPath = join(folder, PREPROCESSOR);
  const preprocessor = preprocessorSchema.safeParse(await readJsonWithin(folder, PREPROCESSOR));
  if (!preprocessor.success) throw notAManifest(preprocessorPath, 'preprocessor configuration', preprocessor.error);
  const { do_rescale: rescales, rescale_factor: factor, do_normalize: normalises, ...given } = preprocessor.data;
  const labels = Object.values(config.data.id2label);
  return {
    modelPath: join(folder, 'model.onnx'),
    sha256: null,
    crops: null,
    whole: wholeView(preprocessorPath, preprocessor.data),
    input: {
      name: null,
      type: 'float32',
      layout: 'NCHW',
      scale: rescales ? factor : 1,
      mean: normalises ? (given.image_mean ?? [0.5, 0.5, 0.5]) : [0, 0, 0],
      std: normalises ? (given.image_std ?? [0.5, 0.5, 0.5]) : [1, 1, 1],
    },
    output: {
      name: 'logits',
      classes: labels.length,
      generated: generatedClasses(describedIn, config.data.id2label),
    },
    pooling: { crops: 'mean', wholeWeight: 1 },
    calibration: await readCalibration(folder),
  };
}

/** What an analysis by such a folder is known by: its name and a digest of all that decides the score. */
export async function optimumVersion(folder: string): Promise<string> {
  const digest = createHash('sha256').update(await readWithin(folder, 'model.onnx', MOST_MODEL));
  for (const name of [OPTIMUM_CONFIG, PREPROCESSOR]) digest.update(await readWithin(folder, name, MOST_JSON));
  digest.update(JSON.stringify(await readCalibration(folder)));
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return `${name.slice(0, 60)}@optimum+${digest.digest('hex').slice(0, 12)}`;
}

async function readCalibration(folder: string): Promise<DetectorPlan['calibration']> {
  const path = join(folder, CALIBRATION);
  if (!(await listFolder(folder)).includes(CALIBRATION)) return UNCALIBRATED;
  const parsed = calibrationSchema.safeParse(await readJsonWithin(folder, CALIBRATION));
  if (!parsed.success) throw notAManifest(path, 'calibration', parsed.error);
  return parsed.data;
}

const FILTERS = new Map<number, Filter>([
  [1, 'lanczos'],
  [2, 'bilinear'],
  [3, 'bicubic'],
  [4, 'box'],
]);
/** Processors to which a single number is the shorter side; to the others it is both. */
const BY_SHORTEST = /^(?:CLIP|Bit|LevIT|Levit|MobileNet|ConvNext|ChineseCLIP|PoolFormer|EfficientFormer)/;

function wholeView(path: string, given: Preprocessor): WholeView {
  const filter = FILTERS.get(given.resample);
  if (!filter) throw new DetectorFault(`${path}: resample ${given.resample} is not supported; 1 to 4 are.`);
  if (!given.do_resize || given.size === undefined) {
    throw new DetectorFault(`${path}: pictures come in all sizes, so do_resize and size are needed.`);
  }
  const type = given.image_processor_type ?? given.feature_extractor_type ?? '';
  const size = typeof given.size === 'number' ? sizeOf(given.size, BY_SHORTEST.test(type)) : given.size;
  if (type.startsWith('ConvNext')) return { ...convNextView(path, size, given.crop_pct ?? 224 / 256), filter };

  const resized = 'height' in size ? size : { width: size.shortest_edge, height: size.shortest_edge };
  const resize = 'height' in size ? size : ({ shortest: size.shortest_edge, rounded: 'down' } as const);
  if (!given.do_center_crop) {
    if ('height' in size) return { ...resized, filter, resize };
    throw new DetectorFault(
      `${path}: size by the shortest edge gives pictures of unlike shapes without do_center_crop.`,
    );
  }
  const cut = cropOf(path, given.crop_size);
  if (cut.width > resized.width || cut.height > resized.height) {
    throw new DetectorFault(`${path}: crop_size is larger than size.`);
  }
  return { ...cut, filter, resize };
}

type Size = { height: number; width: number } | { shortest_edge: number };

const sizeOf = (length: number, byShortest: boolean): Size =>
  byShortest ? { shortest_edge: length } : { height: length, width: length };

function cropOf(path: string, size: Preprocessor['crop_size']): { width: number; height: number } {
  if (typeof size === 'number') return { width: size, height: size };
  if (size && 'height' in size) return size;
  throw new DetectorFault(`${path}: do_center_crop needs a crop_size with height and width.`);
}

/** From 384 pixels up squashed; below, cut from the middle of a picture that is larger by `crop_pct`. */
function convNextView(path: string, size: Size, share: number): Omit<WholeView, 'filter'> {
  if ('height' in size) throw new DetectorFault(`${path}: size needs shortest_edge for ConvNext.`);
  const { shortest_edge: edge } = size;
  const square = { width: edge, height: edge };
  if (edge >= 384) return { ...square, resize: square };
  return { ...square, resize: { shortest: Math.floor(edge / share), rounded: 'down' } };
}
