import assert from 'node:assert/strict';
import { decode } from '../../workers/decode.js';
import { readReducedJpeg } from '../../workers/jpeg/reduced-jpeg.js';
import type { ColourPlanes, Pixels } from '../../workers/pixels.js';
import { damagedJpeg, soundJpegs } from './damaged-jpegs.js';
import { PictureFolder } from './scenes.js';

/** More of them by `JPEG_FUZZ_FILES=100000 npx mocha test/workers/jpeg-fuzz.test.ts`. */
const FILES = Number(process.env.JPEG_FUZZ_FILES ?? 1500);
const MAX_PIXELS = 1e8;
/** Of 255. What is left is the shared chroma of damaged places, which whole decoding smooths. */
const LARGEST_DIFFERENCE = 12;
const USUAL_DIFFERENCE = 3;

describe('damaged JPEGs decoded for hashing', function () {
  this.timeout(60_000 + FILES * 100);
  let folder: PictureFolder;

  before(async () => {
    folder = await PictureFolder.make();
  });
  after(() => folder.remove());

  it('are left to a whole decoder, or look as they do to it', async () => {
    const sound = await soundJpegs();
    const differences: number[] = [];
    for (let number = 0; number < FILES; number++) {
      const { damage, bytes } = damagedJpeg(number, sound);
      const label = `${number}: ${damage}`;
      const task = { ...(await folder.task('damaged.jpg', bytes)), maxPixels: MAX_PIXELS };
      const factor = [1, 2, 1, 4, 8][Math.floor(number / 15) % 5]!;
      const jpeg = readReducedJpeg(task.path, MAX_PIXELS, () => factor);
      if (!jpeg) continue;
      const { pixels, width, height } = await decode(task);
      assert.ok(pixels, `${label} is decoded, but not by a whole decoder`);
      assert.deepEqual([jpeg.width, jpeg.height], [width, height], label);
      if (factor > 1) continue;
      const difference = differenceInLuma(jpeg.pixels, pixels);
      assert.ok(difference < LARGEST_DIFFERENCE, `${label} is off by ${difference}`);
      differences.push(difference);
    }
    assert.ok(differences.length > FILES / 40 && differences.length < FILES / 2, `${differences.length} decoded`);
    const usual = differences.filter((difference) => difference < USUAL_DIFFERENCE).length;
    assert.ok(usual > 0.95 * differences.length, `${usual} of ${differences.length} are as they should be`);
  });

  it('cost next to nothing where a header promises what is not there', async () => {
    const [plain] = await soundJpegs();
    const bytes = Buffer.from(plain!);
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    for (const [width, height] of [
      [10_000, 10_000],
      [65_535, 1525],
      [65_535, 65_535],
    ] as const) {
      bytes.writeUInt16BE(height, frame + 5);
      bytes.writeUInt16BE(width, frame + 7);
      const { path } = await folder.task('promise.jpg', bytes);
      const before = process.memoryUsage().rss;
      for (const factor of [1, 2, 4, 8])
        assert.equal(
          readReducedJpeg(path, MAX_PIXELS, () => factor),
          null,
        );
      assert.ok(process.memoryUsage().rss - before < 40 * 2 ** 20, `${width} × ${height}`);
    }
  });
});

/** Mean difference of the luma that is seen, of 255: of colours that no screen can show it is not the file's. */
function differenceInLuma({ data: luma, width, height, chroma }: ColourPlanes, { data }: Pixels): number {
  const seen = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  let sum = 0;
  for (let at = 0; at < width * height; at++) {
    const value = luma[at]!;
    let shown = value;
    if (chroma) {
      const { width: columns, height: rows } = chroma.blue;
      const column = Math.floor(((at % width) * columns) / width);
      const place = Math.floor((Math.floor(at / width) * rows) / height) * columns + column;
      const [blue, red] = [chroma.blue.data[place]! - 128, chroma.red.data[place]! - 128];
      const green = seen(value - 0.344136 * blue - 0.714136 * red);
      shown = 0.299 * seen(value + 1.402 * red) + 0.587 * green + 0.114 * seen(value + 1.772 * blue);
    }
    sum += Math.abs(shown - (0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!));
  }
  return sum / (width * height);
}
