import assert from 'node:assert/strict';
import type { Evidence } from '../../../workers/fingerprint/evidence.js';
import { judge } from '../../../workers/match/calibration.js';
import type { PixelMeasures } from '../../../workers/match/measure-pair.js';

const SIDE = 64;

/** What is left of a page once its margins are cut away: that share of it is ink, in the middle. */
function page(ink: number, content: Evidence['content'] = [0, 0, 1, 1]): Evidence {
  const reach = (SIDE * Math.sqrt(ink)) / 2;
  const luma = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    return Math.max(Math.abs(x + 0.5 - SIDE / 2), Math.abs(y + 0.5 - SIDE / 2)) < reach ? 40 : 255;
  });
  const grey = new Uint8Array(256).fill(128);
  const features = { count: 0 } as Evidence['features'];
  return { width: 640, height: 905, content, darkest: 0, brightest: 255, luma, blue: grey, red: grey, features };
}

/** Two pages of one form, all but equal. */
const forms: PixelMeasures = {
  map: [1, 0, 0, 0, 1, 0],
  firstCoverage: 0.995,
  secondCoverage: 0.99,
  squeeze: 1,
  inliers: 39,
  inlierShare: 0.325,
  isInset: false,
  first: page(0.2),
  second: page(0.2),
  ncc: 0.972,
  tone: 0.993,
  roughness: 0.46,
  patched: 0,
  chroma: null,
  chromaDifference: null,
  isToned: false,
  gain: 1,
  offset: 0,
  saturation: null,
  sharpness: 1,
  blockAgreement: 1,
  closeAgreement: 0.91,
  strain: 0.002,
  blocks: 50,
};
const charts: PixelMeasures = {
  ...forms,
  inliers: null,
  inlierShare: null,
  ncc: 0.889,
  chroma: 0.99,
  chromaDifference: 4,
  saturation: 1,
};
const isCopy = (pixels: PixelMeasures, pdqDistance = 20) => {
  const { relation, score } = judge(pixels, pdqDistance);
  return relation === 'copy' && score >= 0.85;
};

describe('judgement of what was measured of two pictures', () => {
  it('asks more of pages than of photos', () => {
    const photos = { first: page(0.9), second: page(0.9) };
    assert.ok(!isCopy(forms));
    assert.ok(isCopy({ ...forms, ...photos }));
    assert.ok(!isCopy(charts));
    assert.ok(isCopy({ ...charts, ...photos }));
    assert.ok(isCopy({ ...charts, ncc: 0.93 }));
    assert.ok(!isCopy({ ...charts, ncc: 0.93, closeAgreement: 0.75 }));
    assert.ok(isCopy({ ...charts, ...photos, ncc: 0.93, closeAgreement: 0.75 }));
  });

  it('knows a page by what it is filled in with', () => {
    assert.ok(isCopy({ ...forms, inlierShare: 0.7 }));
    assert.ok(isCopy({ ...forms, ncc: 0.985 }));
    assert.ok(!isCopy({ ...forms, ncc: 0.985, patched: 0.06 }));
  });

  it('counts margins that were cut away as paper, and the white frame of a photo as none', () => {
    const middle = [0.2, 0.2, 0.8, 0.8] as const;
    const pies = { first: page(0.7, middle), second: page(0.7, middle) };
    const framed = { first: page(1, middle), second: page(1, middle) };
    assert.ok(!isCopy({ ...charts, ...pies }));
    assert.ok(isCopy({ ...charts, ...framed }));
    assert.notEqual(judge({ ...charts, ...pies, ncc: 0.8, closeAgreement: 0.4 }, 50).relation, 'near_shot');
  });

  it('takes no agreement in a few smooth places for a copy where neither hash nor features know it', () => {
    const photo = { first: page(0.9), second: page(0.9) };
    const cloud = { ...charts, ...photo, ncc: 0.98, closeAgreement: 1, roughness: 0.35, blocks: 12 };
    assert.ok(isCopy({ ...cloud, chromaDifference: 0 }, 110));
    assert.ok(!isCopy({ ...cloud, chromaDifference: 0, isToned: true }, 110));
    assert.ok(!isCopy({ ...cloud, roughness: 0.2, chromaDifference: 0 }, 110));
    const glow = { ...cloud, roughness: 0.28, blocks: 32 };
    assert.ok(isCopy({ ...glow, chromaDifference: 1 }, 110));
    assert.ok(!isCopy({ ...glow, chromaDifference: 6, inliers: null }, 110));
  });

  it('calls nothing a copy that agrees in fewer than two fifths of its blocks', () => {
    const icons = { ...forms, first: page(0.9), second: page(0.9), ncc: 0.995, tone: 0.99, inlierShare: 0.7 };
    assert.ok(isCopy(icons));
    assert.ok(!isCopy({ ...icons, blockAgreement: 0.35 }));
  });
});
