/** A decoded picture: RGB, 8 bits a channel, interleaved, rows without padding. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}
