import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Pixels } from './pixels.js';
import { chooseCrops, cutCrops } from './detector/crops.js';

export interface Detector {
  /** `name@version+` and the first 12 hex digits of the model's SHA-256: another model never bears the same one. */
  version: string;
  /**
   * Calibrated probability in 0…1 that the pixels are generated, at the prior the manifest states.
   * @param picture RGB, 8 bits a channel, interleaved, upright, at native resolution.
   */
  score(picture: Pixels): Promise<number>;
}

const manifestSchema = z.object({
  name: z.string().regex(/^[a-z0-9-]+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  input: z.object({
    name: z.string().min(1),
    type: z.literal('uint8'),
    layout: z.literal('NHWC'),
    /** Side of a crop, pixels. */
    crop: z.int().min(16).max(1024),
    maxCrops: z.int().min(1).max(64),
  }),
  output: z.object({ name: z.string().min(1) }),
  /** How the crops' logits become the picture's. */
  pooling: z.literal('mean'),
  /** Platt scaling of the pooled logit. */
  calibration: z.object({ slope: z.number().positive(), intercept: z.number(), prior: z.number().gt(0).lt(1) }),
  licence: z.string().min(1),
  trainedOn: z.array(z.string()),
});

export type DetectorManifest = z.infer<typeof manifestSchema>;

/**
 * Loads `manifest.json` and `model.onnx` of a folder into a session of one CPU thread.
 * @throws {Error} naming the file, and the field of the manifest, that is missing or wrong.
 */
export async function loadDetector(folder: string): Promise<Detector> {
  const manifest = await readManifest(join(folder, 'manifest.json'));
  const modelPath = join(folder, 'model.onnx');
  const model = await readNamed(modelPath);
  const sha256 = createHash('sha256').update(model).digest('hex');
  if (sha256 !== manifest.sha256) {
    throw new Error(`Detector: ${modelPath} has SHA-256 ${sha256}; its manifest says ${manifest.sha256}.`);
  }
  const logitsOf = await openSession(model, modelPath, manifest);
  const { crop, maxCrops } = manifest.input;
  const { slope, intercept } = manifest.calibration;
  return {
    version: `${manifest.name}@${manifest.version}+${sha256.slice(0, 12)}`,
    async score(picture) {
      checkPicture(picture);
      const chosen = chooseCrops(picture, crop, maxCrops);
      const logits = await logitsOf(cutCrops(picture, crop, chosen), chosen.length);
      const pooled = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
      return 1 / (1 + Math.exp(-(slope * pooled + intercept)));
    },
  };
}

async function readManifest(path: string): Promise<DetectorManifest> {
  const text = (await readNamed(path)).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`Detector: ${path} is not JSON.`, { cause: error });
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: field, message }) => `${field.join('.') || '(root)'}: ${message}`);
  throw new Error(`Detector: ${path} is not a detector manifest: ${faults.join('; ')}.`, { cause: parsed.error });
}

async function readNamed(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`Detector: cannot read ${path}.`, { cause: error });
  }
}

type Logits = (crops: Uint8Array, count: number) => Promise<Float32Array>;

async function openSession(model: Buffer, modelPath: string, { input, output }: DetectorManifest): Promise<Logits> {
  // Loaded here, not at the top: the binding costs memory that a process without a detector need not pay.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  }).catch((error: unknown) => {
    throw new Error(`Detector: ${modelPath} is not a model this runtime can load.`, { cause: error });
  });
  requireName(session.inputNames, input.name, 'input.name', modelPath);
  requireName(session.outputNames, output.name, 'output.name', modelPath);
  return async (crops, count) => {
    const batch = new Tensor('uint8', crops, [count, input.crop, input.crop, 3]);
    const { data } = (await session.run({ [input.name]: batch }, [output.name]))[output.name] ?? {};
    if (!(data instanceof Float32Array) || data.length !== count) {
      throw new Error(`Detector: ${modelPath} did not answer one 32-bit float a crop.`);
    }
    return data;
  };
}

function requireName(names: readonly string[], name: string, field: string, modelPath: string): void {
  if (names.includes(name)) return;
  throw new Error(`Detector: the manifest's ${field} is "${name}"; ${modelPath} has ${names.join(', ')}.`);
}

function checkPicture({ data, width, height }: Pixels): void {
  if (width < 1 || height < 1 || data.length !== width * height * 3) {
    throw new RangeError(`A picture of ${width} × ${height} needs ${width * height * 3} bytes; got ${data.length}.`);
  }
}
