import { DetectorFault } from './detector-folder.js';

/**
 * The fields of ONNX's protobuf messages (onnx.proto3) that lead to tensors, by number, and the message each holds.
 */
const MESSAGES = {
  model: { 7: 'graph', 25: 'function', 20: 'training' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
} as const satisfies Record<string, Record<number, string>>;

type Message = keyof typeof MESSAGES;

const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const DEEPEST = 64;
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };

/** @throws {DetectorFault} where a model keeps weights in other files, or is none. */
export function refuseExternalData(model: Buffer, modelPath: string): void {
  let external: boolean;
  try {
    external = hasExternalData(model);
  } catch (error) {
    throw new DetectorFault(`${modelPath} is not a model this runtime can load.`, { cause: error });
  }
  if (external) throw new DetectorFault(`${modelPath} keeps weights in other files; export it as one file.`);
}

/**
 * Whether an ONNX model keeps any weights in other files: the runtime would open whatever path it names.
 * @throws {RangeError} where the bytes are no protobuf message, or one nested too deeply.
 */
function hasExternalData(model: Uint8Array): boolean {
  return search(model, 0, model.length, 'model', 0);
}

function search(bytes: Uint8Array, from: number, end: number, message: Message, depth: number): boolean {
  if (depth > DEEPEST) throw new RangeError('nested too deeply');
  const inner: Record<number, Message | undefined> = MESSAGES[message];
  for (let at = from; at < end;) {
    const key = varint(bytes, at, end);
    const field = Math.floor(key.value / 8);
    const value = key.value % 8 === WIRE.varint ? varint(bytes, key.end, end) : undefined;
    if (message === 'tensor' && field === DATA_LOCATION && value && value.value !== 0) return true;
    const { start, end: next } = value ? { start: value.end, end: value.end } : payload(bytes, key, end);
    if (message === 'tensor' && field === EXTERNAL_DATA) return true;
    const kind = inner[field];
    if (kind && key.value % 8 === WIRE.bytes && search(bytes, start, next, kind, depth + 1)) return true;
    at = next;
  }
  return false;
}

function payload(bytes: Uint8Array, key: { value: number; end: number }, end: number): { start: number; end: number } {
  const wire = key.value % 8;
  let start = key.end;
  let length = wire === WIRE.fixed64 ? 8 : 4;
  if (wire === WIRE.bytes) ({ value: length, end: start } = varint(bytes, key.end, end));
  else if (wire !== WIRE.fixed64 && wire !== WIRE.fixed32) throw new RangeError(`unknown wire type ${wire}`);
  if (start + length > end) throw new RangeError('cut short');
  return { start, end: start + length };
}

function varint(bytes: Uint8Array, at: number, end: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = at + index < end ? bytes[at + index]! : undefined;
    if (byte === undefined) throw new RangeError('cut short');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw new RangeError('a number too long');
}
