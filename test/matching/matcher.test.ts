import assert from 'node:assert/strict';
import { duplicateScore } from '../../src/features/qc/match/duplicate-score.js';
import { Matcher, type KnownPicture } from '../../src/features/qc/match/matcher.js';
import { perceptualHash } from '../../workers/perceptual-hash.js';
import type { Pixels } from '../../workers/pixels.js';
import { paint, scene, toPixels, toSharp } from '../workers/scenes.js';
import { flipped, randomHash } from './hashes.js';

describe('matching pictures', () => {
  let matcher: Matcher;

  beforeEach(() => {
    matcher = new Matcher();
  });

  const known = (id: string, pdq: Uint8Array | null, rest: Partial<KnownPicture> = {}): KnownPicture => {
    const picture = { id, sha256: `sha256 of ${id}`, pdq, quality: 100, ...rest };
    matcher.add(picture);
    return picture;
  };
  const seen = (id: string, pixels: Pixels) => {
    const { hash, quality } = perceptualHash(pixels);
    return known(id, hash, { quality });
  };

  it('finds the same bytes first, whatever looks alike', () => {
    const a = known('a', randomHash(1), { sha256: 'same' });
    known('b', flipped(randomHash(1), 2));
    const c = known('c', null, { sha256: 'same' });
    assert.deepEqual(matcher.bestMatch(a), { id: 'c', relation: 'exact', score: 1 });
    assert.deepEqual(matcher.bestMatch(c), { id: 'a', relation: 'exact', score: 1 });
  });

  it('finds the nearest of those that look alike', () => {
    const a = known('a', randomHash(1));
    known('far', flipped(randomHash(1), 44));
    known('near', flipped(randomHash(1), 6));
    known('other', randomHash(2));
    assert.deepEqual(matcher.bestMatch(a), { id: 'near', relation: 'near', score: duplicateScore(6) });
  });

  it('never calls a picture its own match, nor an unrelated one', () => {
    const alone = known('alone', randomHash(1));
    known('b', flipped(randomHash(1), 50));
    assert.equal(matcher.bestMatch(alone), null);
  });

  it('matches a picture that was not added', () => {
    known('a', randomHash(1));
    const query = { id: 'q', sha256: 'q', pdq: flipped(randomHash(1), 10), quality: 90 };
    assert.deepEqual(matcher.bestMatch(query), { id: 'a', relation: 'near', score: duplicateScore(10) });
  });

  it('is symmetric: the best match of a picture scores at least as high itself', () => {
    const pictures = Array.from({ length: 60 }, (_, index) =>
      known(`p${index}`, flipped(randomHash(index % 6), (index * 7) % 40, index % 5), { quality: 40 + index }),
    );
    for (const picture of pictures) {
      const match = matcher.bestMatch(picture);
      if (!match) continue;
      const back = matcher.bestMatch(pictures.find(({ id }) => id === match.id)!);
      assert.ok(back && back.score >= match.score, `${picture.id} and ${match.id}`);
    }
  });

  it('counts a picture once, however often it is added', () => {
    const a = known('a', randomHash(1));
    matcher.add(a);
    assert.equal(matcher.size, 1);
    assert.equal(matcher.bestMatch(a), null);
  });

  it('matches by the hash alone where the bytes are unknown', () => {
    known('reference', flipped(randomHash(1), 4), { sha256: null });
    known('another reference', randomHash(2), { sha256: null });
    assert.equal(matcher.bestMatch(known('a', randomHash(1)))?.id, 'reference');
    assert.equal(matcher.bestMatch(known('b', randomHash(3), { sha256: null })), null);
  });

  it('sees what was added after a picture', () => {
    const first = known('first', randomHash(1));
    assert.equal(matcher.bestMatch(first), null);
    known('second', flipped(randomHash(1), 8));
    assert.equal(matcher.bestMatch(first)?.id, 'second');
  });

  it('knows a picture again after it was changed as copies are', async () => {
    const original = scene(51, 640, 480);
    seen('original', original);
    for (let seed = 0; seed < 30; seed++) seen(`other ${seed}`, scene(1000 + seed, 160, 120));
    const caption = { create: { width: 200, height: 24, channels: 3, background: '#fff' } } as const;
    const copies = {
      recompressed: toSharp(original).jpeg({ quality: 30 }),
      webp: toSharp(original).webp({ quality: 50 }),
      half: toSharp(original).resize(320).jpeg(),
      double: toSharp(original).resize(1280).jpeg(),
      cropped: toSharp(original).extract({ left: 6, top: 5, width: 628, height: 470 }).jpeg(),
      brighter: toSharp(original).modulate({ brightness: 1.2 }).jpeg(),
      grey: toSharp(original).greyscale().jpeg(),
      captioned: toSharp(original)
        .composite([{ input: caption, left: 220, top: 440 }])
        .jpeg(),
      blurred: toSharp(original).blur(1.2).jpeg(),
    };
    for (const [name, copy] of Object.entries(copies)) {
      const { hash, quality } = perceptualHash(await toPixels(await copy.toBuffer()));
      const match = matcher.bestMatch({ id: name, sha256: name, pdq: hash, quality });
      assert.ok(match?.id === 'original' && match.score >= 0.85, `${name}: ${match?.id} ${match?.score}`);
    }
  });

  it('never calls flat pictures, gradients and stripes of different colours alike', () => {
    const hues = [
      [1, 1, 1],
      [1, 0.9, 0],
      [0, 0.8, 1],
    ] as const;
    const shades: Record<string, (x: number, y: number) => number> = {
      flat: () => 200,
      ramp: (x) => 255 * x,
      tent: (x) => 255 * (1 - Math.abs(2 * x - 1)),
      slope: (x, y) => 127 * (x + y),
      glow: (x, y) => 255 * (1 - 1.3 * Math.hypot(x - 0.5, y - 0.5)),
      stripes: (x) => (x % 0.2 < 0.1 ? 240 : 10),
      halves: (_, y) => (y < 0.5 ? 240 : 10),
      waves: (x, y) => 127 + 120 * Math.sin(12 * x) * Math.sin(9 * y),
    };
    const pictures = Object.entries(shades).flatMap(([name, shade]) =>
      hues.map((hue, index) => {
        const pixels = paint(240, 180, (x, y) => [hue[0] * shade(x, y), hue[1] * shade(x, y), hue[2] * shade(x, y)]);
        return seen(`${name} ${index}`, pixels);
      }),
    );
    for (const picture of pictures) assert.equal(matcher.bestMatch(picture), null, picture.id);
  });

  it('still finds flat pictures of the same bytes', () => {
    const a = known('a', new Uint8Array(32), { sha256: 'flat', quality: 0 });
    known('b', new Uint8Array(32), { sha256: 'flat', quality: 0 });
    assert.deepEqual(matcher.bestMatch(a), { id: 'b', relation: 'exact', score: 1 });
  });
});
