import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Pixels } from './pixels.js';
import type { Origin } from './detector/crops.js';
import { refuseExternalData } from './detector/external-data.js';
import { DetectorFault, listFolder, MOST_MODEL, readWithin } from './detector/detector-folder.js';
import { MANIFEST, readManifestPlan } from './detector/manifest.js';
import { OPTIMUM_CONFIG, optimumVersion, readOptimumPlan } from './detector/optimum.js';
import type { CropPooling, DetectorPlan } from './detector/plan.js';
import { logit as logOdds, PRIOR, sigmoid } from './detector/prior.js';
import { openSession, type Logits } from './detector/session.js';
import { cutPlaces, cutViews, heatPlaces } from './detector/views.js';

/** How generated parts of a picture look. */
export interface Heat {
  /** Side of the squares, pixels of the picture. */
  side: number;
  /** Each with the probability of its own, at `PRIOR`. */
  squares: (Origin & { probability: number })[];
}

export interface Detector {
  /** `name@version+` and 12 hex digits that another model never bears. */
  version: string;
  /**
   * Calibrated probability in 0…1 that the pixels are generated, at `PRIOR`.
   * @param picture RGB, 8 bits a channel, interleaved, upright, at native resolution.
   */
  score(picture: Pixels): Promise<number>;
  /** The same by squares: up to 64 of those that the score is taken from, each looked at. */
  heat(picture: Pixels): Promise<Heat>;
}

/** Items in one run of a heat map. */
const BATCH = 8;

/**
 * Loads a detector's folder into a session of one CPU thread and tries it: our own kind (`manifest.json`), or one that
 * Hugging Face Optimum exported (`config.json`, `preprocessor_config.json`); `model.onnx` in either.
 * @throws {DetectorFault} naming the file, and the field, that is missing or wrong.
 */
export async function loadDetector(folder: string): Promise<Detector> {
  const { plan, version } = await readDetector(folder);
  const model = await readModel(folder, plan);
  const logitsOf = await openSession(model, plan);
  return {
    version,
    async score(picture) {
      checkPicture(picture);
      const { bytes, crops, hasWhole } = cutViews(picture, plan);
      const logits = await logitsOf(bytes, crops + (hasWhole ? 1 : 0));
      return calibrated(pooled(logits, crops, plan), plan);
    },
    async heat(picture) {
      checkPicture(picture);
      return heatOf(picture, plan, logitsOf);
    },
  };
}

/**
 * Finds what is wrong with a folder without running the model: for a process that has no business with the runtime.
 * @throws {DetectorFault} as `loadDetector`, but for what only the runtime knows.
 */
export async function checkDetectorFiles(folder: string): Promise<void> {
  const { plan } = await readDetector(folder);
  await readModel(folder, plan);
}

async function readModel(folder: string, { sha256: expected, modelPath }: DetectorPlan): Promise<Buffer> {
  const model = await readWithin(folder, 'model.onnx', MOST_MODEL);
  const sha256 = createHash('sha256').update(model).digest('hex');
  if (expected !== null && expected !== sha256) {
    throw new DetectorFault(`${modelPath} has SHA-256 ${sha256}; its manifest says ${expected}.`);
  }
  refuseExternalData(model, modelPath);
  return model;
}

/** What a folder describes, the model not yet looked at. @throws {DetectorFault} as `loadDetector`. */
async function readDetector(folder: string): Promise<{ plan: DetectorPlan; version: string }> {
  const names = await listFolder(folder);
  if (names.includes(MANIFEST)) {
    const plan = await readManifestPlan(folder);
    return { plan, version: `${plan.name}+${plan.sha256.slice(0, 12)}` };
  }
  if (names.includes(OPTIMUM_CONFIG)) {
    return { plan: await readOptimumPlan(folder), version: await optimumVersion(folder) };
  }
  throw new DetectorFault(`cannot read ${join(folder, MANIFEST)}, and there is no ${OPTIMUM_CONFIG} either.`);
}

/** The detector's part of the analyser version. @throws {DetectorFault} as `loadDetector`. */
export async function readDetectorVersion(folder: string): Promise<string> {
  return (await readDetector(folder)).version;
}

function pooled(logits: Float64Array, crops: number, { pooling }: DetectorPlan): number {
  const whole = logits.length > crops ? logits[crops]! : 0;
  const byCrops = crops > 0 ? pooledCrops(logits.subarray(0, crops), pooling.crops) : whole;
  return (1 - pooling.wholeWeight) * byCrops + pooling.wholeWeight * whole;
}

function pooledCrops(logits: Float64Array, pooling: CropPooling): number {
  const top = pooling === 'mean' ? logits.length : pooling === 'max' ? 1 : pooling.top;
  // In their own order where all count: sums of floats depend on it.
  const counted = top >= logits.length ? logits : logits.toSorted((a, b) => b - a).subarray(0, top);
  return counted.reduce((sum, logit) => sum + logit, 0) / counted.length;
}

function calibrated(logit: number, { calibration: { slope, intercept, prior } }: DetectorPlan): number {
  // `atPrior` in log odds, which do not round to certainty.
  const shift = prior === PRIOR ? 0 : logOdds(PRIOR) - logOdds(prior);
  return sigmoid(slope * logit + intercept + shift);
}

async function heatOf(picture: Pixels, plan: DetectorPlan, logitsOf: Logits): Promise<Heat> {
  const { side, places } = heatPlaces(picture, plan);
  const squares: Heat['squares'] = [];
  for (let at = 0; at < places.length; at += BATCH) {
    const batch = places.slice(at, at + BATCH);
    const logits = await logitsOf(cutPlaces(picture, plan, side, batch).bytes, batch.length);
    batch.forEach((place, index) => squares.push({ ...place, probability: calibrated(logits[index]!, plan) }));
  }
  return { side, squares };
}

function checkPicture({ data, width, height }: Pixels): void {
  if (width < 1 || height < 1 || data.length !== width * height * 3) {
    throw new RangeError(`A picture of ${width} × ${height} needs ${width * height * 3} bytes; got ${data.length}.`);
  }
}
