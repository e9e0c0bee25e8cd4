import assert from 'node:assert/strict';
import type { OverlayOptions, Sharp } from 'sharp';
import { fingerprint, type Fingerprint } from '../../../workers/fingerprint.js';
import { comparePair } from '../../../workers/match/compare-pair.js';
import { FingerprintIndex } from '../../../workers/match/fingerprint-index.js';
import { LocalIndex } from '../../../workers/match/local-index.js';
import { compare, findCandidates } from '../../../workers/match/match-task.js';
import type { Pixels } from '../../../workers/pixels.js';
import { paint, scene, toPixels, toSharp } from '../scenes.js';

const WIDTH = 360;
const HEIGHT = 300;
/** Brightness as the fingerprint has it. */
const GREY: [number, number, number] = [0.299, 0.587, 0.114];

/** One side shorter than the one facing it, as from the side. */
function slanted({ data, width, height }: Pixels, tilt: number): Pixels {
  return paint(width, height, (x, y) => {
    const zoom = 1 - tilt * x;
    const [fromX, fromY] = [x * width, height * (0.5 + (y - 0.5) * zoom)];
    const at = 3 * (Math.min(height - 1, Math.floor(fromY)) * width + Math.min(width - 1, Math.floor(fromX)));
    return [data[at]!, data[at + 1]!, data[at + 2]!];
  });
}

/** A red disc with a white rim and middle. */
function badge(side: number): OverlayOptions[] {
  const data = Buffer.alloc(side * side * 4);
  for (let at = 0; at < side * side; at++) {
    const radius = Math.hypot((at % side) + 0.5 - side / 2, Math.floor(at / side) + 0.5 - side / 2) / (side / 2);
    const isRed = radius > 0.35 && radius < 0.9;
    data.set([isRed ? 221 : 255, isRed ? 34 : 255, isRed ? 34 : 255, radius < 1 ? 255 : 0], at * 4);
  }
  return [{ input: data, raw: { width: side, height: side, channels: 4 }, left: 16, top: 16 }];
}

describe('comparison of two pictures', () => {
  const original = scene(1, WIDTH, HEIGHT);
  const other = fingerprint(scene(2, WIDTH, HEIGHT));
  const print = fingerprint(original);
  const source = () => toSharp(original);
  const edited = async (edit: Sharp) => fingerprint(await toPixels(await edit.removeAlpha().png().toBuffer()));
  /** Encoded first: sharp does its operations in an order of its own. */
  const again = async (edit: Sharp) => toSharp(await toPixels(await edit.removeAlpha().png().toBuffer()));

  const kinds: [kind: string, transformation: RegExp, edit: () => Promise<Sharp>][] = [
    [
      'recompression',
      /^recompressed$/,
      async () => again(toSharp(await toPixels(await source().jpeg({ quality: 40 }).toBuffer()))),
    ],
    ['WebP', /recompressed/, async () => toSharp(await toPixels(await source().webp({ quality: 50 }).toBuffer()))],
    ['half the size', /./, () => again(source().resize(WIDTH / 2))],
    ['double the size', /./, () => again(source().resize(WIDTH * 2))],
    ['another aspect', /aspect/, () => again(source().resize(WIDTH, HEIGHT / 1.5, { fit: 'fill' }))],
    ['brightness', /brightness/, () => again(source().linear(1, 25))],
    ['contrast', /contrast/, () => again(source().linear(0.7, 30))],
    ['gamma', /brightness|contrast/, () => again(source().gamma(1, 1.8))],
    ['colour', /colour/, () => again(source().modulate({ saturation: 0.5 }))],
    ['grey', /grey/, () => again(source().recomb([GREY, GREY, GREY]))],
    ['blur', /blur/, () => again(source().blur(3))],
    ['sharpening', /./, () => again(source().sharpen({ sigma: 2 }))],
    ['a caption', /caption/, () => again(source().composite(caption(WIDTH, 36, 250)))],
    ['a letterbox', /border/, () => again(source().extend({ top: 50, bottom: 50, background: '#000' }))],
    [
      'a border',
      /border/,
      () => again(source().extend({ top: 30, bottom: 30, left: 30, right: 30, background: '#fff' })),
    ],
    ['a crop of 10 %', /crop \d+ %/, () => again(source().extract(inside(0.95)))],
    ['a crop of 30 %', /crop \d+ %/, () => again(source().extract(inside(0.84)))],
    ['a mirror', /^flip$/, () => again(source().flop())],
    ['a mirror upside down', /^flip vertical$/, () => again(source().flip())],
    ['a quarter turn', /^rotate90$/, () => again(source().rotate(90))],
    ['a half turn', /^rotate180$/, () => again(source().rotate(180))],
    ['three quarters of a turn', /^rotate270$/, () => again(source().rotate(270))],
    [
      'a small turn',
      /rotate 4°/,
      async () => again((await again(source().rotate(4))).extract({ left: 40, top: 40, width: 300, height: 240 })),
    ],
    ['a mirrored crop', /flip/, async () => again((await again(source().flop())).extract(inside(0.94)))],
    ['a badge in a corner', /caption/, () => again(source().composite(badge(92)))],
    ['a slant', /./, () => Promise.resolve(toSharp(slanted(original, 0.13)))],
    ['a screenshot', /uncrop|border|./, () => again(pasted(source(), 700, 620, 0, 150))],
  ];

  for (const [kind, transformation, edit] of kinds) {
    it(`sees through ${kind}`, async () => {
      const copy = await edited(await edit());
      const match = comparePair(copy, print);
      assert.ok(match, 'no match');
      assert.deepEqual([match.relation, match.score >= 0.85], ['copy', true], JSON.stringify(match));
      assert.match(match.transformation.join(', '), transformation);
      assert.equal(comparePair(print, copy)?.score, match.score);
      assert.equal(comparePair(copy, other), null);
    });
  }

  it('tells how much of each picture the other shows', async () => {
    const crop = await edited(source().extract(inside(0.8)));
    const { queryCoverage, candidateCoverage } = comparePair(crop, print)!.evidence;
    assert.ok(
      queryCoverage! > 0.97 && Math.abs(candidateCoverage! - 0.64) < 0.05,
      `${queryCoverage} ${candidateCoverage}`,
    );
    assert.match(comparePair(print, crop)!.transformation.join(), /uncrop/);
  });

  it('calls nothing a copy of a picture without structure', () => {
    const plain = [
      paint(WIDTH, HEIGHT, () => [0, 0, 0]),
      paint(WIDTH, HEIGHT, () => [250, 250, 250]),
      paint(WIDTH, HEIGHT, (x) => [255 * x, 255 * x, 255 * x]),
      paint(WIDTH, HEIGHT, (_, y) => [200 * y, 90, 30]),
      paint(WIDTH, HEIGHT, (x, y) => [255 * (1 - Math.hypot(x - 0.5, y - 0.5)), 0, 0]),
      paint(1, 1, () => [9, 9, 9]),
      paint(1, 2000, (_, y) => [255 * y, 0, 0]),
    ].map((picture) => fingerprint(picture));
    for (const [index, one] of plain.entries()) {
      for (const another of [...plain.slice(0, index), print, other]) assert.equal(comparePair(one, another), null);
    }
  });

  it('keeps unrelated scenes apart', () => {
    const prints = Array.from({ length: 12 }, (_, seed) => fingerprint(scene(50 + seed, 180, 150)));
    for (const [index, one] of prints.entries()) {
      for (const another of prints.slice(0, index)) assert.equal(comparePair(one, another), null);
    }
  });

  it('tells the same drawing in another colour from a copy', () => {
    const shirt = (colour: readonly [number, number, number]) =>
      fingerprint(
        paint(WIDTH, HEIGHT, (x, y) => {
          const isShirt = Math.abs(x - 0.5) < 0.25 + 0.08 * Math.sin(9 * y) && Math.abs(y - 0.5) < 0.35;
          const fold = 20 * Math.sin(40 * x + 12 * y) * Math.sin(23 * y);
          return isShirt ? [colour[0] + fold, colour[1] + fold, colour[2] + fold] : [235 - 20 * y, 232, 225 + 10 * x];
        }),
      );
    assert.notEqual(comparePair(shirt([190, 40, 40]), shirt([40, 70, 150]))?.relation, 'copy');
  });

  it('tells garments of one cut from copies by what is inside their outline', () => {
    const brown = outlined([120, 60, 30], [120, 60, 30]);
    const light = outlined([180, 140, 120], [240, 90, 90]);
    assert.notEqual(comparePair(brown, light)?.relation, 'copy');
    assert.equal(comparePair(brown, outlined([132, 66, 33], [132, 66, 33]))?.relation, 'copy');
  });

  it('knows a shot again in whatever hue, where its details are equal all over', async () => {
    const photo = await toPixels(await source().modulate({ saturation: 0.4 }).png().toBuffer());
    const known = fingerprint(photo);
    for (const hue of [60, 90, 120, 180]) {
      const match = comparePair(await edited(await again(toSharp(photo).modulate({ hue }))), known);
      assert.deepEqual([match?.relation, match && match.score >= 0.85], ['copy', true], `${hue}°`);
    }
  });

  it('calls no pie of one report a copy of another, nor a shot of one scene', () => {
    const pies = [
      pie([1, 1, 1, 1, 1, 1], 0),
      pie([1.35, 0.9, 1, 1, 1.05, 0.9], 0),
      pie([1, 1.2, 0.8, 1, 0.7, 1.3], 0.05),
      pie([0.4, 1, 1.5, 1, 1.2, 0.9], 0.4),
      pie([1, 0.6, 0.6, 1.4, 1, 1.4], 0.7),
    ];
    for (const [index, one] of pies.entries()) {
      for (const another of pies.slice(0, index)) assert.equal(comparePair(one, another), null);
    }
    const [known] = pies;
    assert.equal(comparePair(pie([1, 1, 1, 1, 1, 1], 0, 300), known!)?.relation, 'copy');
  });

  it('calls no part of a gradient a copy of part of another', () => {
    const glows = [
      glow(320, 240, 0.864, [
        [52, 150, 100],
        [143, 175, 113],
        [53, 5, 17],
      ]),
      glow(400, 225, 0.474, [
        [44, 173, 91],
        [154, 254, 113],
        [4, 66, 71],
      ]),
      glow(400, 225, 0.586, [
        [153, 56, 134],
        [238, 167, 120],
        [19, 33, 174],
      ]),
      glow(400, 225, 0.826, [
        [129, 8, 112],
        [222, 93, 158],
        [52, 6, 61],
      ]),
      glow(320, 240, 0.431, [
        [27, 139, 102],
        [129, 127, 153],
        [37, 27, 14],
      ]),
    ];
    for (const [index, one] of glows.entries()) {
      for (const another of glows.slice(0, index)) assert.equal(comparePair(one, another), null);
    }
  });

  it('compares by the bits what is known by its hash alone', async () => {
    const { pdq } = print;
    const copy = await edited(source().resize(WIDTH / 2));
    assert.ok(comparePair(copy, { pdq })!.score >= 0.85);
    assert.equal(comparePair(other, { pdq }), null);
    assert.deepEqual(comparePair({ pdq: (await edited(source().flop())).pdq }, { pdq })!.transformation, ['flip']);
    assert.equal(comparePair({ pdq, quality: 40 }, { pdq }), null);
    const older = { ...print, evidence: Uint8Array.of(200, 1, 2) };
    assert.equal(comparePair(older, older), null);
  });

  it('gives a pair the same score whatever else is known', async () => {
    const copy = await edited(source().extract(inside(0.85)));
    const scoreAmong = (distractors: Fingerprint[]) => {
      const [index, local] = [FingerprintIndex.create(), LocalIndex.create({ capacity: 100 })];
      for (const known of [print, ...distractors]) {
        index.append({ ...known, owner: 1, request: 1, reference: false });
        local.append(known.evidence);
      }
      const [candidates] = findCandidates(index, local, [copy]);
      assert.ok(candidates!.some(({ position }) => position === 0));
      return compare([{ query: copy, candidates: [print] }])[0]![0]!.score;
    };
    const distractors = Array.from({ length: 20 }, (_, seed) => fingerprint(scene(70 + seed, 120, 100)));
    assert.equal(scoreAmong(distractors), scoreAmong([]));
  });
});

/** A garment with a spot, before a plain wall. */
function outlined(cloth: Colour, spot: Colour): Fingerprint {
  return fingerprint(
    paint(WIDTH, HEIGHT, (x, y) => {
      const isShirt = Math.abs(x - 0.5) < 0.2 + 0.06 * Math.sin(9 * y) && Math.abs(y - 0.5) < 0.35;
      if (!isShirt) return [235 - 20 * y, 232 - 18 * y, 225 + 10 * x - 20 * y];
      return Math.hypot((x - 0.5) * 1.2, y - 0.4) < 0.06 ? spot : cloth;
    }),
  );
}

/** @param from where the first share begins, in turns. */
function pie(shares: readonly number[], from: number, width = WIDTH): Fingerprint {
  const height = (width * HEIGHT) / WIDTH;
  const whole = shares.reduce((sum, share) => sum + share);
  const ends = shares.map((_, index) => shares.slice(0, index + 1).reduce((sum, share) => sum + share) / whole);
  return fingerprint(
    paint(width, height, (x, y) => {
      const [across, down] = [(x - 0.5) * width, (y - 0.55) * height];
      if (Math.hypot(across, down) > 0.3 * width) return [255, 255, 255];
      const turn = (Math.atan2(down, across) / (2 * Math.PI) - from + 2) % 1;
      return REPORT_COLOURS[ends.findIndex((end) => turn <= end)] ?? REPORT_COLOURS[0]!;
    }),
  );
}

const REPORT_COLOURS: readonly Colour[] = [
  [68, 114, 196],
  [237, 125, 49],
  [165, 165, 165],
  [255, 192, 0],
  [91, 155, 213],
  [112, 173, 71],
];

/** Three colours one after the other around the middle. */
function glow(width: number, height: number, radius: number, stops: readonly [Colour, Colour, Colour]): Fingerprint {
  return fingerprint(
    paint(width, height, (x, y) => {
      const at = 2 * Math.min(1, Math.hypot(x - 0.5, y - 0.5) / radius);
      const [inner, outer] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
      const mixed = (channel: 0 | 1 | 2) => inner[channel] + (outer[channel] - inner[channel]) * (at % 1);
      return [mixed(0), mixed(1), mixed(2)];
    }),
  );
}

type Colour = readonly [red: number, green: number, blue: number];

/** Drawn of boxes: where the product's decoder is loaded, sharp reads no SVG. */
function box(left: number, top: number, width: number, height: number, background: string): OverlayOptions {
  return { input: { create: { width, height, channels: 3, background } }, left, top };
}

/** A black bar with white strokes as letters have them. */
function caption(width: number, height: number, top: number): OverlayOptions[] {
  const strokes = [0, 1, 2, 3, 4, 5, 6].flatMap((letter) => [
    box(20 + 16 * letter, top + 8, 4, height - 16, '#fff'),
    box(20 + 16 * letter, top + 8 + ((letter * 5) % (height - 20)), 11, 4, '#fff'),
  ]);
  return [box(0, top, width, height, '#000'), ...strokes];
}

/** A region around the centre with that share of each side. */
function inside(share: number) {
  const [width, height] = [Math.round(WIDTH * share), Math.round(HEIGHT * share)];
  return { left: Math.round((WIDTH - width) / 2), top: Math.round((HEIGHT - height) / 2), width, height };
}

/** The picture within a page of stripes and boxes. */
function pasted(picture: Sharp, width: number, height: number, left: number, top: number): Sharp {
  const right = width - WIDTH - left;
  const boxes = [0, 1, 2, 3, 4].map((number) => box(400 + 17 * number, 20 + number * 110, 190, 60, `#${number + 3}79`));
  return picture
    .extend({ left, right, top, bottom: height - HEIGHT - top, background: '#eef' })
    .composite([box(0, 0, width, 130, '#246'), ...boxes]);
}
