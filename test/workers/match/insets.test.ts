import assert from 'node:assert/strict';
import type { OverlayOptions, Sharp } from 'sharp';
import { openEvidence } from '../../../workers/fingerprint/evidence.js';
import { fingerprint, type Fingerprint } from '../../../workers/fingerprint.js';
import { comparePair } from '../../../workers/match/compare-pair.js';
import { FingerprintIndex } from '../../../workers/match/fingerprint-index.js';
import { findCandidates } from '../../../workers/match/match-task.js';
import { prepareThumbnail } from '../../../workers/match/thumbnail.js';
import { paint, scene, toPixels, toSharp } from '../scenes.js';

const WIDTH = 360;
const HEIGHT = 300;

describe('pictures inside pictures, without local features', () => {
  const print = plainPrint(toSharp(scene(1, WIDTH, HEIGHT)));
  const source = () => toSharp(scene(1, WIDTH, HEIGHT));
  const contexts: [context: string, make: () => Promise<Sharp>][] = [
    ['above a caption', () => again(source().extend({ bottom: 44, background: '#fff' }))],
    ['in a dark window', () => onGround('#202124', 700, 500, 250, 110)],
    ['in a white feed', () => onGround('#fff', 360, 720, 0, 150)],
    ['turned on a canvas', () => again(source().rotate(7, { background: '#000' }))],
    ['turned far on a canvas', () => again(source().rotate(-28, { background: '#fff' }))],
    ['in a page of four', pageOfFour],
  ];

  for (const [context, make] of contexts) {
    it(`finds one ${context}`, async () => {
      const found = await plainPrint(await make());
      const known = await print;
      const index = FingerprintIndex.create();
      for (let seed = 20; seed < 40; seed++) {
        const { pdq, descriptor } = fingerprint(scene(seed, 200, 160), { localFeatures: false });
        index.append({ pdq, descriptor, owner: 1, request: 1, reference: false });
      }
      index.append({ ...known, owner: 1, request: 1, reference: false });
      const [candidates] = findCandidates(index, null, [found]);
      assert.ok(
        candidates!.some(({ position }) => position === 20),
        'no candidate',
      );
      const match = comparePair(found, known);
      assert.deepEqual([match?.relation, match && match.score >= 0.85], ['copy', true], JSON.stringify(match));
      const back = comparePair(known, found);
      assert.equal(back?.score, match!.score);
      assert.ok(match!.transformation.includes('border'), match!.transformation.join());
      assert.ok(back.transformation.includes('border removed'), back.transformation.join());
    });
  }

  it('sees none in plain pictures', () => {
    const pictures = [paint(80, 60, () => [90, 90, 90]), paint(80, 60, () => [0, 0, 0])];
    for (const picture of pictures) assert.deepEqual(prepareThumbnail(fingerprint(picture).evidence)!.insets, []);
  });

  it('tells two pictures in one window from a copy', async () => {
    const other = toSharp(scene(2, WIDTH, HEIGHT));
    const [one, another] = await Promise.all([
      plainPrint(await onGround('#202124', 700, 500, 250, 110)),
      plainPrint(await onGround('#202124', 700, 500, 250, 110, other)),
    ]);
    assert.notEqual(comparePair(one, another)?.relation, 'copy');
  });

  it('takes no picture in a window for a badge on the window', async () => {
    const [one, another] = await Promise.all([inProgram(false), inProgram(true)]);
    assert.notEqual(comparePair(one, another)?.relation, 'copy');
  });

  /** A window full of words, with a picture in it whose middle may stand on its head. */
  async function inProgram(isTurned: boolean): Promise<Fingerprint> {
    const picture = toSharp(scene(1, 262, 408));
    const middle = picture.clone().extract({ left: 66, top: 102, width: 131, height: 204 });
    const turned = await (await again(isTurned ? middle.rotate(180) : middle)).png().toBuffer();
    const shown = await again(picture.composite([{ input: turned, left: 66, top: 102 }]));
    const lines = words(...Array.from({ length: 22 }, (_, line) => 20 + 20 * line));
    const page = toSharp(paint(640, 480, () => [255, 255, 255]));
    return plainPrint(
      await again(page.composite([...lines, { input: await shown.png().toBuffer(), left: 262, top: 43 }])),
    );
  }

  async function onGround(
    background: string,
    width: number,
    height: number,
    left: number,
    top: number,
    picture = source(),
  ): Promise<Sharp> {
    const right = width - left - WIDTH;
    const extended = await again(picture.extend({ left, right, top, bottom: height - top - HEIGHT, background }));
    return again(extended.composite(words(24, 44, 64)));
  }

  async function pageOfFour(): Promise<Sharp> {
    const cells = await Promise.all(
      [11, 1, 12, 13].map((seed) =>
        toSharp(scene(seed, WIDTH, HEIGHT))
          .resize(240, 240, { fit: 'contain', background: '#fff' })
          .png()
          .toBuffer(),
      ),
    );
    const page = toSharp(paint(504, 504, () => [255, 255, 255]));
    const places = cells.map((input, cell) => ({ input, left: 8 + 248 * (cell & 1), top: 8 + 248 * (cell >> 1) }));
    return again(page.composite(places));
  }
});

const again = async (edit: Sharp) => toSharp(await toPixels(await edit.removeAlpha().png().toBuffer()));

async function plainPrint(picture: Sharp): Promise<Fingerprint> {
  const print = fingerprint(await toPixels(await picture.png().toBuffer()), { localFeatures: false });
  assert.equal(openEvidence(print.evidence)!.features.count, 0);
  return print;
}

/** Lines such as text makes at the left. */
function words(...tops: number[]): OverlayOptions[] {
  const word = (left: number, top: number): OverlayOptions => ({
    input: { create: { width: 24, height: 7, channels: 3, background: '#888' } },
    left,
    top,
  });
  return tops.flatMap((top) => [20, 53, 86, 119, 152].map((left) => word(left, top)));
}
