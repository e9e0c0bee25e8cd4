/** A model of a few bytes in ONNX: the mean of each channel, times weights, plus biases. */
export interface TinyModel {
  /** By class, one weight a channel. */
  weights: number[][];
  biases: number[];
  input?: string;
  output?: string;
  /** What the graph says its input is; what is left open may be anything. */
  shape?: (number | string)[];
  layout?: 'NCHW' | 'NHWC';
  type?: 'float32' | 'uint8';
  /** Says that the weights lie in another file. */
  externalData?: string;
}

const FLOAT = 1;
const UINT8 = 2;

export function tinyModel(model: TinyModel): Buffer {
  const { weights, biases, input = 'pixel_values', output = 'logits', layout = 'NCHW', type = 'float32' } = model;
  const shape = model.shape ?? (layout === 'NCHW' ? ['batch', 3, 'height', 'width'] : ['batch', 'height', 'width', 3]);
  const classes = biases.length;
  const nodes = [
    ...(type === 'uint8' ? [node('Cast', [input], 'floats', [intAttribute('to', FLOAT)])] : []),
    node('ReduceMean', [type === 'uint8' ? 'floats' : input], 'means', [
      intsAttribute('axes', layout === 'NCHW' ? [2, 3] : [1, 2]),
      intAttribute('keepdims', 0),
    ]),
    node('Gemm', ['means', 'weights', 'biases'], output, [intAttribute('transB', 1)]),
  ];
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, Buffer.from('tiny')),
    field(5, tensor('weights', [classes, 3], weights.flat(), model.externalData)),
    field(5, tensor('biases', [classes], biases)),
    field(11, valueInfo(input, type === 'uint8' ? UINT8 : FLOAT, shape)),
    field(12, valueInfo(output, FLOAT, ['batch', classes])),
  ];
  const opset = Buffer.concat([field(1, Buffer.alloc(0)), number(2, 13)]);
  return Buffer.concat([number(1, 8), field(7, Buffer.concat(graph)), field(8, opset)]);
}

function node(operator: string, inputs: string[], output: string, attributes: Buffer[]): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => field(1, Buffer.from(name))),
    field(2, Buffer.from(output)),
    field(4, Buffer.from(operator)),
    ...attributes.map((attribute) => field(5, attribute)),
  ]);
}

const intAttribute = (name: string, value: number) =>
  Buffer.concat([field(1, Buffer.from(name)), number(3, value), number(20, 2)]);

const intsAttribute = (name: string, values: number[]) =>
  Buffer.concat([field(1, Buffer.from(name)), ...values.map((value) => number(8, value)), number(20, 7)]);

function tensor(name: string, dimensions: number[], values: number[], externalData?: string): Buffer {
  const location =
    externalData === undefined ? [] : [field(1, Buffer.from('location')), field(2, Buffer.from(externalData))];
  return Buffer.concat([
    ...dimensions.map((dimension) => number(1, dimension)),
    number(2, FLOAT),
    field(8, Buffer.from(name)),
    ...(externalData === undefined
      ? [field(9, Buffer.from(Float32Array.from(values).buffer))]
      : [field(13, Buffer.concat(location)), number(14, 1)]),
  ]);
}

function valueInfo(name: string, elementType: number, shape: (number | string)[]): Buffer {
  const dimensions = shape.map((dimension) =>
    field(1, typeof dimension === 'number' ? number(1, dimension) : field(2, Buffer.from(dimension))),
  );
  const tensorType = Buffer.concat([number(1, elementType), field(2, Buffer.concat(dimensions))]);
  return Buffer.concat([field(1, Buffer.from(name)), field(2, field(1, tensorType))]);
}

const field = (tag: number, bytes: Buffer) => Buffer.concat([varint(tag * 8 + 2), varint(bytes.length), bytes]);
const number = (tag: number, value: number) => Buffer.concat([varint(tag * 8), varint(value)]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.from(bytes);
}
