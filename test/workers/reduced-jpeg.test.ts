import assert from 'node:assert/strict';
import { decode, decodeReduced } from '../../workers/decode.js';
import { fingerprint } from '../../workers/fingerprint.js';
import { jpegBytesKernelBytes } from '../../workers/jpeg/jpeg-bytes-kernel.js';
import { jpegKernelBytes } from '../../workers/jpeg/jpeg-kernel.js';
import { readReducedJpeg } from '../../workers/jpeg/reduced-jpeg.js';
import type { ColourPlanes, Pixels, Plane8 } from '../../workers/pixels.js';
import { assembleKernel } from '../support/assemble-kernel.js';
import { segmentsOf } from './damaged-jpegs.js';
import { PictureFolder, scene, toSharp } from './scenes.js';

const PIXELS = 1e9;

describe('JPEGs decoded at a part of their size', () => {
  let folder: PictureFolder;

  before(async () => {
    folder = await PictureFolder.make();
  });
  after(() => folder.remove());

  const read = async (name: string, bytes: Uint8Array, factor = 1, maxPixels = PIXELS) => {
    const task = await folder.task(name, bytes);
    return { task, jpeg: readReducedJpeg(task.path, maxPixels, () => factor) };
  };

  it('run the kernels whose text is in the repository', async () => {
    assert.deepEqual(Buffer.from(await assembleKernel('jpeg/jpeg-kernel')), jpegKernelBytes);
    assert.deepEqual(Buffer.from(await assembleKernel('jpeg/jpeg-bytes-kernel')), jpegBytesKernelBytes);
  });

  it('are the means of the pixels of the whole picture', async () => {
    for (const [width, height] of [
      [320, 240],
      [333, 217],
      [97, 8],
      [1, 1],
      [1, 10_000],
    ] as const) {
      const picture = toSharp(scene(40, width, height));
      for (const [name, jpeg] of [
        ['444.jpg', picture.clone().jpeg({ quality: 92, chromaSubsampling: '4:4:4' })],
        ['420.jpg', picture.clone().jpeg({ quality: 92, chromaSubsampling: '4:2:0' })],
        ['coarse.jpg', picture.clone().jpeg({ quality: 12 })],
        ['grey.jpg', picture.clone().toColourspace('b-w').jpeg({ quality: 97 })],
      ] as const) {
        for (const factor of [1, 2, 4, 8]) {
          const { task, jpeg: reduced } = await read(name, await jpeg.clone().toBuffer(), factor);
          assert.ok(reduced, `${name} ${width} × ${height} / ${factor}`);
          const { pixels } = await decode(task);
          assert.deepEqual([reduced.width, reduced.height], [width, height]);
          const off = differences(reduced.pixels, pixels!);
          assert.ok(off.luma < 1.5, `${name} ${width} × ${height} / ${factor}: luma ${off.luma} of 255`);
          // Whole decoding smooths the chroma that four pixels share, and cuts off what no screen can show.
          if (width === 320)
            assert.ok(off.chroma < 5, `${name} ${width} × ${height} / ${factor}: chroma ${off.chroma} of 255`);
          assert.equal(reduced.pixels.chroma === null, name === 'grey.jpg');
        }
      }
    }
  });

  it('are upright', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const picture = toSharp(scene(41, 200, 120)).jpeg({ chromaSubsampling: '4:4:4', quality: 95 });
      const bytes = await picture.withMetadata({ orientation }).toBuffer();
      const { task, jpeg } = await read(`${orientation}.jpg`, bytes);
      const { pixels, width, height } = await decode(task);
      assert.deepEqual([jpeg!.width, jpeg!.height], [width, height]);
      assert.deepEqual([jpeg!.pixels.width, jpeg!.pixels.height], [width, height]);
      const off = differences(jpeg!.pixels, pixels!);
      assert.ok(off.luma < 1 && off.chroma < 1, `orientation ${orientation}: ${JSON.stringify(off)}`);
    }
  });

  it('begin anew at restart markers', async () => {
    const { task, jpeg } = await read('restart.jpg', twoBlocks([0xa8], 0xd0, [0x3f]));
    const { pixels } = await decode(task);
    const grey = Uint8Array.from({ length: 16 * 8 }, (_, at) => pixels!.data[3 * at]!);
    assert.deepEqual(jpeg!.pixels, { data: grey, width: 16, height: 8, chroma: null });
    assert.notEqual(pixels!.data[0], pixels!.data[8 * 3]);
    assert.equal((await read('wrong-restart.jpg', twoBlocks([0xa8], 0xd3, [0x3f]))).jpeg, null);
    assert.equal((await read('too-little.jpg', twoBlocks([], 0xd0, [0x3f]))).jpeg, null);
    assert.equal((await read('too-much.jpg', twoBlocks([0xa8, 0x3f], 0xd0, [0x3f]))).jpeg, null);
  });

  it('leave to a whole decoder what is not plain and sound', async () => {
    const picture = toSharp(scene(42, 300, 200));
    const plain = await picture.clone().jpeg().toBuffer();
    assert.ok((await read('plain.jpg', plain)).jpeg);
    assert.ok((await read('trailing.jpg', Buffer.concat([plain, Buffer.alloc(99, 7)]))).jpeg);
    for (const [name, bytes] of [
      ['progressive.jpg', await picture.clone().jpeg({ progressive: true }).toBuffer()],
      ['cmyk.jpg', await picture.clone().toColourspace('cmyk').jpeg().toBuffer()],
      ['cut.jpg', plain.subarray(0, plain.length - 300)],
      ['closed-early.jpg', Buffer.concat([plain.subarray(0, plain.length - 300), Buffer.from([0xff, 0xd9])])],
      ['open.jpg', plain.subarray(0, plain.length - 2)],
      ['png.jpg', await picture.clone().png().toBuffer()],
      ['start.jpg', Buffer.from([0xff, 0xd8, 0xff])],
      ['empty.jpg', Buffer.alloc(0)],
    ] as const) {
      assert.equal((await read(name, bytes)).jpeg, null, name);
    }
    assert.equal((await read('large.jpg', plain, 1, 59_999)).jpeg, null);
    assert.throws(() => readReducedJpeg(`${folder.path}/missing.jpg`, PIXELS, () => 1), { code: 'ENOENT' });
  });

  it('leave to a whole decoder what others read otherwise', async () => {
    const plain = await toSharp(scene(45, 90, 60))
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const changed = (marker: number, offset: number, value: number, which = 0) => {
      const bytes = Buffer.from(plain);
      bytes[segmentsOf(plain).filter((segment) => segment.marker === marker)[which]!.start + offset] = value;
      return bytes;
    };
    const orientationAt = plain.indexOf(Buffer.from([0x12, 0x01, 0x03, 0x00, 0x01])) - 2;
    assert.ok(orientationAt > 0 && (await read('plain.jpg', plain)).jpeg);
    for (const [name, bytes] of [
      ['DC differences of 36 bits', changed(0xc4, 21, 0x24)],
      ['runs of zeros without a value', changed(0xc4, 21, 0x70, 1)],
      ['five samples in a unit', changed(0xc0, 11, 0x51)],
      ['a TIFF of no known kind', changed(0xe1, 12, 0x2b)],
      ['two orientations', changed(0xe1, orientationAt + 4, 2)],
    ] as const) {
      assert.equal((await read('otherwise.jpg', bytes)).jpeg, null, name);
    }
  });

  it('are never taken where a whole decoder refuses the file', async () => {
    const plain = await toSharp(scene(43, 160, 120))
      .jpeg({ quality: 60 })
      .toBuffer();
    let taken = 0;
    for (let count = 0; count < 120; count++) {
      const damaged = Buffer.from(plain);
      damaged[(count * 7919) % plain.length]! ^= 1 << (count % 8);
      const { task, jpeg } = await read(`damaged-${count}.jpg`, damaged, [1, 2, 4, 8][count % 4]);
      if (!jpeg) continue;
      taken++;
      const { pixels, width, height } = await decode(task);
      assert.ok(pixels, `${count}`);
      assert.deepEqual([jpeg.width, jpeg.height], [width, height]);
    }
    assert.ok(taken < 120);
  });

  it('give the hash that the whole picture gives, to a few bits', async () => {
    const picture = toSharp(scene(44, 400, 300));
    for (const [width, height] of [
      [700, 500],
      [1400, 1000],
      [2600, 600],
      [4000, 500],
    ] as const) {
      const bytes = await picture.clone().resize(width, height, { fit: 'fill' }).jpeg({ quality: 85 }).toBuffer();
      const task = { ...(await folder.task(`whole-${width}.jpg`, bytes)), maxPixels: PIXELS };
      const [whole, reduced] = [await decode(task), await decodeReduced(task)];
      const hashes = [whole, reduced].map(({ pixels }) => fingerprint(pixels!, { localFeatures: false }).pdq);
      const bits = hashes[0]!.reduce((sum, byte, at) => sum + bitsOf(byte ^ hashes[1]![at]!), 0);
      assert.ok(bits <= 10, `${width} × ${height}: ${bits} bits`);
    }
  });
});

const bitsOf = (byte: number) => byte.toString(2).replaceAll('0', '').length;

/** Mean differences, of 255, of a reduced picture from what the whole one is on the average below each value. */
function differences({ chroma, ...luma }: ColourPlanes, { data, width, height }: Pixels) {
  const at = (pixel: number) => [data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!] as const;
  const lumaAt = (pixel: number) => 0.299 * at(pixel)[0] + 0.587 * at(pixel)[1] + 0.114 * at(pixel)[2];
  const off = (plane: Plane8, valueAt: (pixel: number) => number) => meanDifference(plane, valueAt, { width, height });
  const blue = chroma && off(chroma.blue, (pixel) => 128 + 0.564 * (at(pixel)[2] - lumaAt(pixel)));
  const red = chroma && off(chroma.red, (pixel) => 128 + 0.713 * (at(pixel)[0] - lumaAt(pixel)));
  return { luma: off(luma, lumaAt), chroma: Math.max(blue ?? 0, red ?? 0) };
}

function meanDifference(plane: Plane8, valueAt: (pixel: number) => number, whole: { width: number; height: number }) {
  const [across, down] = [powerOfTwo(whole.width / plane.width), powerOfTwo(whole.height / plane.height)];
  assert.deepEqual([plane.width, plane.height], [Math.ceil(whole.width / across), Math.ceil(whole.height / down)]);
  let difference = 0;
  plane.data.forEach((value, at) => {
    const [left, top] = [(at % plane.width) * across, Math.floor(at / plane.width) * down];
    let [sum, count] = [0, 0];
    for (let y = top; y < Math.min(whole.height, top + down); y++) {
      for (let x = left; x < Math.min(whole.width, left + across); x++, count++) sum += valueAt(y * whole.width + x);
    }
    difference += Math.abs(value - sum / count);
  });
  return difference / plane.data.length;
}

const powerOfTwo = (ratio: number) => 2 ** Math.ceil(Math.log2(ratio) - 1e-9);

/** A grey JPEG of 16 × 8 pixels whose codes are: DC 0 for no difference, 10 for five bits more; AC 0 for the end. */
function twoBlocks(first: number[], marker: number, second: number[]): Buffer {
  const segment = (code: number, bytes: number[]) => [0xff, code, 0, bytes.length + 2, ...bytes];
  const counts = (...lengths: number[]) => [...lengths, ...Array<number>(16 - lengths.length).fill(0)];
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, [0, ...Array<number>(64).fill(16)]),
    ...segment(0xc0, [8, 0, 8, 0, 16, 1, 1, 0x11, 0]),
    ...segment(0xc4, [0x00, ...counts(1, 1), 0, 5]),
    ...segment(0xc4, [0x10, ...counts(1), 0]),
    ...segment(0xdd, [0, 1]),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
    ...[...first, 0xff, marker, ...second, 0xff, 0xd9],
  ]);
}
