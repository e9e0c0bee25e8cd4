import { TIFF_TYPE, type Tiff } from './tiff.js';

export interface CameraTrace {
  source: string;
  value: string;
}

/** Who makes cameras and phones, as `Make` has it. */
const MAKERS =
  /^(?:apple|asus|blackmagic|canon|casio|dji|eastman kodak|kodak|epson|fairphone|flir|fuji|google|gopro|hasselblad|hmd|honor|htc|huawei|insta360|konica|leica|lenovo|lge?\b|mamiya|meizu|minolta|motorola|nikon|nokia|nothing|olympus|om digital|oneplus|oppo|panasonic|parrot|pentax|phase one|realme|ricoh|samsung|sanyo|seiko|sharp|sigma|skydio|sony|tecno|vivo|xiaomi|zte)/i;

const TAG = {
  make: 0x010f,
  model: 0x0110,
  exposureTime: 0x829a,
  fNumber: 0x829d,
  iso: 0x8827,
  takenAt: 0x9003,
  makerNote: 0x927c,
  focalLength: 0x920a,
};

/** Shorter ones are what editors leave of them. */
const LEAST_MAKER_NOTE = 64;

/**
 * What a camera writes and hardly anything else does: a maker note, and how the shot was exposed, each only beside the
 * name of a camera maker. All of it can be copied from a photo into any other file.
 */
export function readCameraTraces(tiff: Tiff): CameraTrace[] {
  const make = tiff.text(TAG.make);
  if (!MAKERS.test(make)) return [];
  const camera = `${make} ${tiff.text(TAG.model)}`.trim();
  const note = tiff.find(TAG.makerNote);
  const exposure = readExposure(tiff);
  return [
    ...(note?.type === TIFF_TYPE.undefined && tiff.bytes(note).length >= LEAST_MAKER_NOTE
      ? [{ source: 'exif:MakerNote', value: `${camera}, ${note.count} bytes` }]
      : []),
    ...(exposure === null ? [] : [{ source: 'exif:ExposureTime', value: `${camera}, ${exposure}` }]),
  ];
}

/** Null where the values are not there or no camera has them. */
function readExposure(tiff: Tiff): string | null {
  const seconds = tiff.number(TAG.exposureTime);
  const aperture = tiff.number(TAG.fNumber);
  const iso = tiff.number(TAG.iso);
  const focalLength = tiff.number(TAG.focalLength);
  const within = (value: number, least: number, most: number) => value >= least && value <= most;
  const plausible =
    within(seconds, 1e-6, 3600) &&
    within(aperture, 0.5, 100) &&
    within(iso, 3, 5e6) &&
    within(focalLength, 0.5, 5000) &&
    /^(?:18|19|20)\d\d:[01]\d:[0-3]\d [0-2]\d:[0-5]\d:[0-6]\d$/.test(tiff.text(TAG.takenAt));
  if (!plausible) return null;
  const time = seconds < 1 ? `1/${Math.round(1 / seconds)}` : `${seconds}`;
  return `${time} s, f/${aperture}, ISO ${iso}, ${focalLength} mm`;
}

/** ITU-T T.81, Annex K, tables K.1 and K.2, in zigzag order: what libjpeg scales to a quality. */
const LUMA = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121,
  112, 100, 120, 92, 101, 103, 99,
];
const CHROMA = [
  17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];
const QUALITIES = Array.from({ length: 100 }, (_, index) => index + 1);

/**
 * Whether a JPEG's quantisation tables are the standard's, scaled as libjpeg does (jcparam.c): nearly all software writes
 * those, many cameras their own.
 */
export function areStandardTables(tables: readonly (readonly number[])[]): boolean {
  return tables.every((table) =>
    [LUMA, CHROMA].some((base) => QUALITIES.some((quality) => isScaled(table, base, quality))),
  );
}

function isScaled(table: readonly number[], base: readonly number[], quality: number): boolean {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - quality * 2;
  return base.every((value, index) => {
    const scaled = Math.floor((value * scale + 50) / 100);
    return table[index] === Math.min(255, Math.max(1, scaled));
  });
}
