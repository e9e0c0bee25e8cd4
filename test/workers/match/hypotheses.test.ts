import assert from 'node:assert/strict';
import { fingerprint } from '../../../workers/fingerprint.js';
import { ORIENTATION_MAPS } from '../../../workers/match/affine.js';
import { coarseAgreement, rateFrames } from '../../../workers/match/hypotheses.js';
import { ORIENTATIONS } from '../../../workers/match/pair-match.js';
import { prepareThumbnail } from '../../../workers/match/thumbnail.js';
import { lay, scene } from '../scenes.js';

describe('rating of whole pictures laid on each other', () => {
  const picture = scene(31, 400, 300);
  const thumbnailOf = (pixels: typeof picture) => prepareThumbnail(fingerprint(pixels).evidence)!;

  it('says of each of the eight ways what sampling one picture under it says', () => {
    const template = thumbnailOf(picture);
    for (const other of [thumbnailOf(lay(picture, 'rotate270')), thumbnailOf(scene(32, 300, 400))]) {
      const rated = rateFrames(template, other);
      for (const orientation of ORIENTATIONS) {
        const map = ORIENTATION_MAPS[orientation];
        const agreement = rated.find((frame) => frame.map === map)?.agreement ?? NaN;
        assert.ok(Math.abs(agreement - coarseAgreement(template, other, map, 16)) < 1e-3, orientation);
      }
    }
  });

  it('puts the way that a picture was turned first', () => {
    const template = thumbnailOf(picture);
    for (const orientation of ORIENTATIONS) {
      const [best] = rateFrames(template, thumbnailOf(lay(picture, orientation)));
      assert.equal(best?.map, ORIENTATION_MAPS[orientation]);
      assert.ok(best.agreement > 0.95);
    }
  });
});
