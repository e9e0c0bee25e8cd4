import type { Filter } from './resize.js';

/** How a model is fed and read, whatever kind of folder it came from. */
export interface DetectorPlan {
  modelPath: string;
  /** What the description says the model's SHA-256 is, hex; null where it says nothing. */
  sha256: string | null;
  /** Squares at native resolution; null for a model that sees whole pictures only. */
  crops: { side: number; most: number } | null;
  /** The whole picture, reduced; null where there is no such view. */
  whole: WholeView | null;
  input: {
    /** Null: the only one the model has. */
    name: string | null;
    type: 'uint8' | 'float32';
    layout: 'NHWC' | 'NCHW';
    /** For `float32`: `(byte × scale − mean) ÷ std`, by channel. */
    scale: number;
    mean: readonly number[];
    std: readonly number[];
  };
  output: {
    name: string | null;
    /** Values an item. */
    classes: number;
    /** Those that mean generated; for one class its value is the logit. */
    generated: readonly number[];
  };
  pooling: { crops: CropPooling; wholeWeight: number };
  /** Platt scaling of the pooled logit, and the prior it is stated for. */
  calibration: { slope: number; intercept: number; prior: number };
}

export type CropPooling = 'mean' | 'max' | { top: number };

export interface WholeView {
  /** Of what the model is given. */
  width: number;
  height: number;
  filter: Filter;
  /**
   * What the picture is resized to before a centred cut of `width` × `height`: two sides, or the shorter side, the other
   * as the picture has it, rounded as told (`nearest`: as Python does, halves to even).
   */
  resize: { width: number; height: number } | { shortest: number; rounded: 'down' | 'nearest' };
}
