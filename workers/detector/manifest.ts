import { join } from 'node:path';
import { z } from 'zod';
import { DetectorFault, readJsonWithin } from './detector-folder.js';
import type { CropPooling, DetectorPlan } from './plan.js';

const channels = z.tuple([z.number(), z.number(), z.number()]);
const cropPooling = z.union([z.literal(['mean', 'max']), z.strictObject({ top: z.int().min(1) })]);

export const calibrationSchema = z.object({
  slope: z.number().positive(),
  intercept: z.number(),
  prior: z.number().gt(0).lt(1),
});

const manifestSchema = z.object({
  name: z.string().regex(/^[a-z0-9-]+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  input: z.object({
    name: z.string().min(1),
    /** Bytes as they are, or `(byte × scale − mean) ÷ std`. */
    type: z.enum(['uint8', 'float32']),
    layout: z.enum(['NHWC', 'NCHW']),
    /** Side of a crop, pixels. */
    crop: z.int().min(16).max(1024),
    maxCrops: z.int().min(1).max(64),
    scale: z
      .number()
      .positive()
      .default(1 / 255),
    mean: channels.default([0, 0, 0]),
    std: channels.refine((std) => std.every((value) => value > 0), 'must be positive').default([1, 1, 1]),
    /** One view more, behind the crops: the whole picture in the size of a crop. */
    whole: z
      .strictObject({
        resample: z.enum(['bilinear', 'bicubic', 'lanczos']).default('bilinear'),
        /** `cover`: the shorter side reduced to that of a crop, a square cut from the middle. `squash`: both sides. */
        fit: z.enum(['cover', 'squash']).default('cover'),
      })
      .optional(),
  }),
  output: z.object({ name: z.string().min(1) }),
  /** How the views' logits become the picture's. */
  pooling: z.union([cropPooling, z.strictObject({ crops: cropPooling, wholeWeight: z.number().min(0).max(1) })]),
  /** Platt scaling of the pooled logit. */
  calibration: calibrationSchema,
  licence: z.string().min(1),
  trainedOn: z.array(z.string()),
});

export const MANIFEST = 'manifest.json';

/**
 * Reads a detector of our own kind: `manifest.json` beside `model.onnx`.
 * @throws {DetectorFault} naming every field that is missing or wrong.
 */
export async function readManifestPlan(folder: string): Promise<DetectorPlan & { name: string; sha256: string }> {
  const describedIn = join(folder, MANIFEST);
  const parsed = manifestSchema.safeParse(await readJsonWithin(folder, MANIFEST));
  if (!parsed.success) throw notAManifest(describedIn, 'detector manifest', parsed.error);
  const { name, version, sha256, input, output, pooling, calibration } = parsed.data;
  const { crop: side, maxCrops: most, whole } = input;
  const { crops, wholeWeight } = poolingOf(pooling);
  if (wholeWeight > 0 !== (whole !== undefined)) {
    throw new DetectorFault(`${describedIn}: input.whole and pooling.wholeWeight above 0 need each other.`);
  }
  return {
    name: `${name}@${version}`,
    modelPath: join(folder, 'model.onnx'),
    sha256,
    crops: { side, most },
    whole: whole
      ? {
          width: side,
          height: side,
          filter: whole.resample,
          resize: whole.fit === 'cover' ? { shortest: side, rounded: 'nearest' } : { width: side, height: side },
        }
      : null,
    input,
    output: { name: output.name, classes: 1, generated: [0] },
    pooling: { crops, wholeWeight },
    calibration,
  };
}

function poolingOf(pooling: CropPooling | { crops: CropPooling; wholeWeight: number }): {
  crops: CropPooling;
  wholeWeight: number;
} {
  return typeof pooling === 'object' && 'crops' in pooling ? pooling : { crops: pooling, wholeWeight: 0 };
}

export function notAManifest(path: string, what: string, error: z.ZodError): DetectorFault {
  const faults = error.issues.map(({ path: field, message }) => `${field.join('.') || '(root)'}: ${message}`);
  return new DetectorFault(`${path} is not a ${what}: ${faults.join('; ')}.`, { cause: error });
}
