import { boxUnder, compose, invert, ORIENTATION_MAPS, type Affine, type Box } from './affine.js';
import { contentMap } from './local-match.js';
import { type PixelMeasures } from './measure-pair.js';
import { ORIENTATIONS, type Orientation } from './pair-match.js';

/** How the first picture relates to the second, in whole pictures' unit squares. */
export interface Layout {
  orientation: Orientation;
  /** From the first whole picture to the second. */
  map: Affine;
  /** What is left of the turn once the picture is laid upright, degrees clockwise. */
  turn: number;
}

const CROP_FROM = 0.015;
const BORDER_FROM = 0.02;
const TURN_FROM = 1.2;
const ASPECT_FROM = 1.04;

/** The way of laying the first picture that comes nearest to how the second lies. */
export function layoutOf({ map, first, second }: PixelMeasures): Layout {
  const [width, height] = [Math.sqrt(first.width * first.height), Math.sqrt(second.width * second.height)];
  const whole = compose(contentMap(second), compose(map, invert(contentMap(first))));
  // In pixels of equal size, so that angles are those that one sees.
  const [a, b, , d, e] = compose(
    [second.width / height, 0, 0, 0, second.height / height, 0],
    compose(whole, [width / first.width, 0, 0, 0, width / first.height, 0]),
  );
  const isMirrored = a * e - b * d < 0;
  const angle = (isMirrored ? Math.atan2(d + b, a - e) : Math.atan2(d - b, a + e)) * (180 / Math.PI);
  const quarter = ((Math.round(angle / 90) % 4) + 4) % 4;
  const turn = angle - 90 * Math.round(angle / 90);
  const names = isMirrored
    ? (['flip vertical', 'transpose', 'flip', 'transverse'] as const)
    : (['upright', 'rotate90', 'rotate180', 'rotate270'] as const);
  return { orientation: names[quarter]!, map: whole, turn };
}

/** Which of two pictures shows the other inside what was put around it. */
export type Holder = 'first' | 'second' | null;

/** What was done to the second picture to make the first; see `PairMatch`. */
export function describe(measures: PixelMeasures, layout: Layout, holder: Holder): string[] {
  const { map, orientation, turn } = layout;
  const found: string[] = [];
  const undone = inverse(orientation);
  if (undone !== 'upright') found.push(undone);
  if (Math.abs(turn) >= TURN_FROM) found.push(`rotate ${Math.round(Math.abs(turn))}°`);
  found.push(...describeFrame(map, measures, { isTurned: Math.abs(turn) >= TURN_FROM, holder }));
  if (stretchOf(map, measures) >= ASPECT_FROM) found.push('aspect');
  found.push(...describeTone(measures));
  const isPainted = measures.ncc > 0.5 && measures.blockAgreement < 0.97 && measures.closeAgreement > 0.4;
  if (measures.patched > 0 || isPainted) found.push('caption');
  return found.length > 0 ? found : ['recompressed'];
}

const inverse = (orientation: Orientation): Orientation =>
  ORIENTATIONS.find((candidate) =>
    compose(ORIENTATION_MAPS[candidate], ORIENTATION_MAPS[orientation]).every(
      (value, index) => Math.abs(value - [1, 0, 0, 0, 1, 0][index]!) < 1e-9,
    ),
  )!;

/** Crops and borders: what of one picture lies beyond the other, by the bounding box of the one in the other. */
function describeFrame(
  map: Affine,
  { first, second }: PixelMeasures,
  { isTurned, holder }: { isTurned: boolean; holder: Holder },
): string[] {
  const cut = isTurned ? 0.06 : CROP_FROM;
  const beyondSecond = outside(second.content, boxUnder(map, first.content));
  const beyondFirst = outside(first.content, boxUnder(invert(map), second.content));
  const frames: string[] = [];
  if (beyondSecond >= cut && holder !== 'second') frames.push(`crop ${Math.max(1, Math.round(beyondSecond * 100))} %`);
  const [ownBorder, otherBorder] = [borderOf(first.content), borderOf(second.content)];
  if (holder === 'first' || (!holder && ownBorder >= otherBorder + BORDER_FROM)) frames.push('border');
  else if (holder === 'second' || otherBorder >= ownBorder + BORDER_FROM) frames.push('border removed');
  if (beyondFirst >= cut && holder !== 'first') frames.push(`uncrop ${Math.max(1, Math.round(beyondFirst * 100))} %`);
  return frames;
}

const borderOf = ([left, top, right, bottom]: Box) => 1 - (right - left) * (bottom - top);

/** Share of a box that lies outside another. */
function outside(box: Box, other: Box): number {
  const width = Math.max(0, Math.min(box[2], other[2]) - Math.max(box[0], other[0]));
  const height = Math.max(0, Math.min(box[3], other[3]) - Math.max(box[1], other[1]));
  return 1 - (width * height) / ((box[2] - box[0]) * (box[3] - box[1]));
}

/** How much more one direction is stretched than the other, in pixels of both pictures. */
function stretchOf([a, b, , d, e]: Affine, { first, second }: PixelMeasures): number {
  const across = Math.hypot((a * second.width) / first.width, (d * second.height) / first.width);
  const down = Math.hypot((b * second.width) / first.height, (e * second.height) / first.height);
  return Math.max(across, down) / Math.min(across, down);
}

/** `gain` and the like are the second's over the first's. */
function describeTone({ gain, offset, saturation, sharpness, first }: PixelMeasures): string[] {
  const tones: string[] = [];
  if (gain < 0) tones.push('inverted');
  const middle = (first.darkest + first.brightest) / 2;
  const shift = gain * middle + offset - middle;
  if (gain > 0 && Math.abs(shift) >= 8) tones.push('brightness');
  if (gain > 0 && Math.abs(Math.log(gain)) >= 0.1) tones.push('contrast');
  if (saturation !== null && saturation > 6) tones.push('grey');
  else if (saturation !== null && Math.abs(Math.log(saturation)) >= 0.2) tones.push('colour');
  if (sharpness >= 1.12) tones.push('blur');
  if (sharpness <= 0.88) tones.push('sharpen');
  return tones;
}
