import type { Pixels } from '../pixels.js';
import { chooseCrops, cutCrops, type Origin } from './crops.js';
import type { DetectorPlan, WholeView } from './plan.js';
import { resize } from './resize.js';

/** What a model is given of a picture: items of one size, RGB bytes, interleaved, one after another. */
export interface Views {
  bytes: Uint8Array;
  /** Items that are crops; a whole view stands behind them. */
  crops: number;
  hasWhole: boolean;
}

/** The views of a picture that a plan asks for. */
export function cutViews(picture: Pixels, { crops, whole }: DetectorPlan): Views {
  const chosen = crops ? chooseCrops(picture, crops.side, crops.most) : [];
  const cut = crops ? cutCrops(picture, crops.side, chosen) : new Uint8Array(0);
  if (!whole) return { bytes: cut, crops: chosen.length, hasWhole: false };
  const { data } = reduceWhole(picture, whole);
  const bytes = new Uint8Array(cut.length + data.length);
  bytes.set(cut);
  bytes.set(data, cut.length);
  return { bytes, crops: chosen.length, hasWhole: true };
}

/** At most this many a side of the picture, as `chooseCrops` looks at. */
const MOST_PLACES = 64;

/** Where a heat map looks: each square that a score may be taken from, or squares that tile the picture. */
export function heatPlaces(picture: Pixels, { crops }: DetectorPlan): { side: number; places: Origin[] } {
  const shorter = Math.min(picture.width, picture.height);
  const side = crops?.side ?? Math.max(1, Math.ceil(shorter / 4));
  return { side, places: chooseCrops(picture, side, MOST_PLACES) };
}

/** Squares of a picture as a model takes them: as they are, or each brought to the size of a whole view. */
export function cutPlaces(picture: Pixels, plan: DetectorPlan, side: number, places: readonly Origin[]): Views {
  const cut = cutCrops(picture, side, places);
  const { crops, whole } = plan;
  if (crops || !whole) return { bytes: cut, crops: places.length, hasWhole: false };
  const size = side * side * 3;
  const items = places.map((_place, index) => {
    const data = cut.subarray(index * size, (index + 1) * size);
    return reduceWhole({ data, width: side, height: side }, whole).data;
  });
  return { bytes: Buffer.concat(items), crops: places.length, hasWhole: false };
}

function reduceWhole(picture: Pixels, { width, height, filter, resize: to }: WholeView): Pixels {
  const size = 'shortest' in to ? byShortest(picture, to) : to;
  const left = Math.floor((size.width - width) / 2);
  const top = Math.floor((size.height - height) / 2);
  return resize(picture, size, filter, { left, top, width, height });
}

function byShortest(
  { width, height }: Pixels,
  { shortest, rounded }: { shortest: number; rounded: 'down' | 'nearest' },
): { width: number; height: number } {
  const scale = shortest / Math.min(width, height);
  const longer = (length: number, other: number) => {
    if (length <= other) return shortest;
    return Math.max(
      shortest,
      rounded === 'down' ? Math.floor((shortest * length) / other) : halfToEven(length * scale),
    );
  };
  return { width: longer(width, height), height: longer(height, width) };
}

function halfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}
