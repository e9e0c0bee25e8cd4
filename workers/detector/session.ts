import type { Tensor } from 'onnxruntime-node';
import { DetectorFault } from './detector-folder.js';
import type { DetectorPlan } from './plan.js';

/** One logit an item, of RGB bytes as `Views` holds them. */
export type Logits = (bytes: Uint8Array, count: number) => Promise<Float64Array>;

/**
 * Opens a model in a session of one CPU thread and tries it on a grey item.
 * @throws {DetectorFault} where the runtime cannot load it, or it does not take and give what the plan says.
 */
export async function openSession(model: Buffer, plan: DetectorPlan): Promise<Logits> {
  const { modelPath, input, output } = plan;
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
    throw new DetectorFault(`${modelPath} is not a model this runtime can load.`, { cause: error });
  });
  const inputName = nameAmong(session.inputNames, input.name, { field: 'input.name', modelPath });
  const outputName = nameAmong(session.outputNames, output.name, { field: 'output.name', modelPath });
  const [width, height] = itemSize(plan);
  const run = async (bytes: Uint8Array, count: number) => {
    const shape = input.layout === 'NHWC' ? [count, height, width, 3] : [count, 3, height, width];
    const data = arranged(bytes, { pixels: width * height, count }, input);
    const batch = data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('uint8', data, shape);
    const answer = (await session.run({ [inputName]: batch }, [outputName]))[outputName];
    return logitsOf(answer, count, plan);
  };
  // Shapes that cannot be run are found now and not at the first picture.
  await run(new Uint8Array(width * height * 3).fill(128), 1).catch((error: unknown) => {
    if (error instanceof DetectorFault) throw error;
    const shape = input.layout === 'NHWC' ? `1 × ${height} × ${width} × 3` : `1 × 3 × ${height} × ${width}`;
    throw new DetectorFault(`${modelPath} does not take ${input.type} of ${shape}.`, { cause: error });
  });
  return run;
}

function itemSize({ crops, whole }: DetectorPlan): [width: number, height: number] {
  return crops ? [crops.side, crops.side] : [whole?.width ?? 0, whole?.height ?? 0];
}

function nameAmong(
  names: readonly string[],
  wanted: string | null,
  { field, modelPath }: { field: string; modelPath: string },
): string {
  const [only, ...others] = names;
  if (wanted === null && only !== undefined && others.length === 0) return only;
  if (wanted !== null && names.includes(wanted)) return wanted;
  if (wanted === null) throw new DetectorFault(`${modelPath} must have one input; it has ${names.join(', ')}.`);
  throw new DetectorFault(`${field} is "${wanted}"; ${modelPath} has ${names.join(', ')}.`);
}

/** Bytes as they are, or as floats, in the layout that the model takes. */
function arranged(
  bytes: Uint8Array,
  { pixels, count }: { pixels: number; count: number },
  { type, layout, scale, mean, std }: DetectorPlan['input'],
): Uint8Array | Float32Array {
  if (type === 'uint8' && layout === 'NHWC') return bytes;
  const out = type === 'uint8' ? new Uint8Array(bytes.length) : new Float32Array(bytes.length);
  const [pixelStep, channelStep] = layout === 'NHWC' ? [3, 1] : [1, pixels];
  for (let channel = 0; channel < 3; channel++) {
    const [offset, divisor] = [mean[channel] ?? 0, std[channel] ?? 1];
    for (let item = 0; item < count; item++) {
      const start = item * pixels * 3;
      for (let pixel = 0; pixel < pixels; pixel++) {
        const byte = bytes[start + pixel * 3 + channel]!;
        out[start + pixel * pixelStep + channel * channelStep] =
          type === 'uint8' ? byte : (byte * scale - offset) / divisor;
      }
    }
  }
  return out;
}

function logitsOf(answer: Tensor | undefined, count: number, { modelPath, output }: DetectorPlan): Float64Array {
  const { classes, generated } = output;
  const data = answer?.data;
  if (!(data instanceof Float32Array) || data.length !== count * classes) {
    const what = classes === 1 ? 'one 32-bit float' : `${classes} 32-bit floats`;
    throw new DetectorFault(`${modelPath} did not answer ${what} an item.`);
  }
  return Float64Array.from({ length: count }, (_, item) => {
    const values = data.subarray(item * classes, (item + 1) * classes);
    if (!values.every(Number.isFinite)) throw new DetectorFault(`${modelPath} answered what is no number.`);
    if (classes === 1) return values[0]!;
    const isGenerated = (index: number) => generated.includes(index);
    return (
      logSumExp(values.filter((_value, index) => isGenerated(index))) -
      logSumExp(values.filter((_value, index) => !isGenerated(index)))
    );
  });
}

function logSumExp(values: Float32Array): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
