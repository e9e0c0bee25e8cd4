/** A decoded picture: RGB, 8 bits a channel, interleaved, rows without padding. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** One channel of a picture, 8 bits a value, rows without padding. */
export interface Plane8 {
  data: Uint8Array;
  width: number;
  height: number;
}

/** A picture as JPEG keeps it: `data` is luma (BT.601, 0…255). */
export interface ColourPlanes extends Plane8 {
  /** Blue and red difference, 128 is none, often of fewer values; null where the picture is grey. */
  chroma: { blue: Plane8; red: Plane8 } | null;
}
