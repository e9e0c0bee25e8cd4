import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { AnalysisTask } from '../../workers/analysis.js';
import { decode, decodeReduced } from '../../workers/decode.js';
import { fingerprint, type Fingerprint } from '../../workers/fingerprint.js';
import { openEvidence } from '../../workers/fingerprint/evidence.js';
import { dihedralOfHash } from '../../workers/match/hash-orientations.js';
import { ORIENTATIONS } from '../../workers/match/pair-match.js';
import { perceptualHash } from '../../workers/perceptual-hash.js';
import { lay, paint, PictureFolder, scene, toPixels, toSharp } from './scenes.js';

describe('fingerprint', () => {
  let folder: PictureFolder;

  before(async () => {
    folder = await PictureFolder.make();
  });
  after(() => folder.remove());

  const ofFile = async (name: string, bytes: Buffer) => printOf(await folder.task(name, bytes));

  it('holds the perceptual hash of the picture', () => {
    for (const [seed, width, height] of [
      [1, 400, 300],
      [2, 1200, 700],
      [3, 70, 90],
    ] as const) {
      const picture = scene(seed, width, height);
      const { pdq, quality, dihedral } = fingerprint(picture);
      assert.deepEqual({ hash: pdq, quality }, perceptualHash(picture));
      assert.deepEqual(dihedral.subarray(0, 32), pdq);
    }
  });

  it('predicts the hash of the picture in its eight orientations', () => {
    for (let seed = 10; seed < 16; seed++) {
      // Sides whose filter window is odd: an even one is off the centre by half a pixel, each way round another.
      const picture = scene(seed, 300, 340);
      const { dihedral, pdq } = fingerprint(picture);
      const fromHash = dihedralOfHash(pdq);
      ORIENTATIONS.forEach((orientation, index) => {
        const turned = fingerprint(lay(picture, orientation)).pdq;
        const predicted = dihedral.subarray(index * 32, index * 32 + 32);
        assert.ok(distance(turned, predicted) <= 10, `${orientation}: ${distance(turned, predicted)} bits`);
        const guessed = fromHash.subarray(index * 32, index * 32 + 32);
        assert.ok(distance(turned, guessed) <= 24, `${orientation} from the hash: ${distance(turned, guessed)} bits`);
      });
    }
  });

  it('describes a mirrored picture as the picture', () => {
    const picture = scene(20, 300, 200);
    const { descriptor } = fingerprint(picture);
    for (const orientation of ['flip', 'flip vertical', 'rotate180'] as const) {
      assert.ok(cosine(descriptor, fingerprint(lay(picture, orientation)).descriptor) > 0.9, orientation);
    }
    assert.ok(cosine(descriptor, fingerprint(scene(21, 300, 200)).descriptor) < 0.7);
  });

  it('stays below 10 kB', () => {
    const { evidence } = fingerprint(scene(22, 900, 900));
    assert.ok(evidence.length <= 9500, `${evidence.length} bytes`);
    const opened = openEvidence(evidence)!;
    assert.deepEqual([opened.width, opened.height, opened.luma.length], [900, 900, 4096]);
    assert.ok(opened.features.count >= 60);
  });

  it('reads no evidence of another version, and none that is cut short', () => {
    const { evidence } = fingerprint(scene(23));
    assert.equal(openEvidence(evidence.subarray(0, 4000)), null);
    assert.equal(openEvidence(new Uint8Array(0)), null);
    assert.equal(openEvidence(Uint8Array.from(evidence).fill(9, 0, 1)), null);
  });

  it('sets a border aside', async () => {
    const picture = scene(24, 300, 300);
    const framed = toSharp(picture).extend({ top: 60, bottom: 60, left: 0, right: 0, background: '#000000' });
    const print = fingerprint(await toPixels(await framed.png().toBuffer()));
    const [left, top, right, bottom] = openEvidence(print.evidence)!.content;
    assert.deepEqual([left, right], [0, 1]);
    assert.ok(Math.abs(top - 1 / 7) < 0.01 && Math.abs(bottom - 6 / 7) < 0.01, `${top}…${bottom}`);
    assert.ok(cosine(print.descriptor, fingerprint(picture).descriptor) > 0.95);
  });

  it('takes pictures of any shape', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 10_000],
      [10_000, 1],
      [3, 700],
      [5, 5],
      [33, 34],
    ] as const) {
      const print = fingerprint(scene(25, width, height));
      assert.equal(print.pdq.length, 32);
      const opened = openEvidence(print.evidence)!;
      assert.deepEqual([opened.width, opened.height], [width, height]);
    }
  });

  it('finds no structure where there is none', () => {
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [10, 120, 240],
    ] as const) {
      const { quality, descriptor, evidence } = fingerprint(paint(320, 200, () => colour));
      assert.equal(quality, 0);
      assert.ok(descriptor.every((value) => value === 0));
      assert.equal(openEvidence(evidence)!.features.count, 0);
    }
  });

  it('is the same for 16 bits, grey, CMYK, transparency and EXIF orientation, as far as these keep the picture', async () => {
    const upright = toSharp(scene(26, 400, 300));
    const reference = fingerprint(await toPixels(await upright.clone().png().toBuffer()));
    const files: Record<string, Buffer> = {
      'sixteen.png': await upright.clone().toColourspace('rgb16').png().toBuffer(),
      'grey.png': await upright.clone().greyscale().png().toBuffer(),
      'cmyk.jpg': await upright.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
      'alpha.png': await upright.clone().ensureAlpha(1).png().toBuffer(),
      'turned.jpg': await upright.clone().rotate(-90).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer(),
    };
    for (const [name, bytes] of Object.entries(files)) {
      const bits = distance((await ofFile(name, bytes)).pdq, reference.pdq);
      assert.ok(bits <= 31, `${name} is ${bits} bits away`);
    }
  });

  it('sees a transparent picture on white', async () => {
    const clear = await sharp({
      create: { width: 200, height: 150, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
    })
      .png()
      .toBuffer();
    const { evidence, quality } = await ofFile('clear.png', clear);
    assert.ok(openEvidence(evidence)!.darkest > 254.99);
    assert.equal(quality, 0);
  });

  it('is the same from a reduced decoding, which tells the whole size', async () => {
    const task = await folder.task(
      'large.jpg',
      await toSharp(scene(27, 1600, 1200))
        .jpeg()
        .toBuffer(),
    );
    const [whole, reduced] = [await decode(task), await decodeReduced(task)];
    assert.deepEqual([reduced.width, reduced.height, reduced.pixels!.width], [1600, 1200, 800]);
    const bits = distance(fingerprint(whole.pixels!).pdq, fingerprint(reduced.pixels!).pdq);
    assert.ok(bits <= 10, `${bits} bits`);
    const cut = await folder.task('cut.jpg', (await toSharp(scene(28)).jpeg().toBuffer()).subarray(0, 3000));
    assert.equal((await decodeReduced(cut)).error!.message, (await decode(cut)).error!.message);
  });
});

async function printOf(task: AnalysisTask): Promise<Fingerprint> {
  const { pixels } = await decode(task);
  return fingerprint(pixels!);
}

function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, index) => sum + (byte ^ b[index]!).toString(2).replaceAll('0', '').length, 0);
}

function cosine(a: Int8Array, b: Int8Array): number {
  const dot = (c: Int8Array, d: Int8Array) => c.reduce((sum, value, index) => sum + value * d[index]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
