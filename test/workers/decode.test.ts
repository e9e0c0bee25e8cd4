import assert from 'node:assert/strict';
import sharp from 'sharp';
import { decode, renderThumbnail } from '../../workers/decode.js';
import { perceptualHash } from '../../workers/perceptual-hash.js';
import type { Pixels } from '../../workers/pixels.js';
import { UndecodablePicture, verdictOn } from '../../workers/undecodable.js';
import { paint, PictureFolder, scene, toSharp } from './scenes.js';

describe('decoding pictures', () => {
  const upright = scene(11, 240, 160);
  let folder: PictureFolder;

  before(async () => {
    folder = await PictureFolder.make();
  });
  after(() => folder.remove());

  const pixelsOf = async (name: string, bytes: Uint8Array): Promise<Pixels> => {
    const decoded = await decode(await folder.task(name, bytes));
    assert.equal(decoded.error, null, name);
    assert.ok(decoded.pixels);
    return { ...decoded.pixels, data: Uint8Array.from(decoded.pixels.data) };
  };
  const colourAt = ({ data, width }: Pixels, x: number, y: number) => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];

  it('gives lossless pictures back pixel by pixel', async () => {
    for (const [name, bytes] of [
      ['a.png', await toSharp(upright).png().toBuffer()],
      ['interlaced.png', await toSharp(upright).png({ progressive: true }).toBuffer()],
      ['a.webp', await toSharp(upright).webp({ lossless: true }).toBuffer()],
    ] as const) {
      assert.deepEqual(await pixelsOf(name, bytes), upright, name);
    }
  });

  it('turns a picture upright as its EXIF orientation says, so that the hash stays the same', async () => {
    const turned = await toSharp(upright).rotate(-90).withMetadata({ orientation: 6 }).png().toBuffer();
    const pixels = await pixelsOf('turned.png', turned);
    assert.deepEqual([pixels.width, pixels.height], [240, 160]);
    assert.deepEqual(perceptualHash(pixels), perceptualHash(upright));
  });

  it('lays transparency on white', async () => {
    const halfRed = {
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
    } as const;
    const [red, green, blue] = colourAt(await pixelsOf('alpha.png', await sharp(halfRed).png().toBuffer()), 4, 4);
    assert.equal(red, 255);
    assert.ok(Math.abs(green! - 127) <= 1 && Math.abs(blue! - 127) <= 1, `${green}, ${blue}`);
  });

  it('brings 16 bits a channel, grey and CMYK to RGB8', async () => {
    const grey = paint(16, 16, (x) => [240 * x, 240 * x, 240 * x]);
    const deep = await pixelsOf('deep.png', await toSharp(upright).toColourspace('rgb16').png().toBuffer());
    assert.deepEqual(deep, upright);
    for (const [name, encoded] of [
      ['grey.png', toSharp(grey).toColourspace('b-w').png()],
      ['grey16.png', toSharp(grey).toColourspace('grey16').png()],
      ['grey.jpg', toSharp(grey).toColourspace('b-w').jpeg({ quality: 100 })],
    ] as const) {
      const pixels = await pixelsOf(name, await encoded.toBuffer());
      assert.equal(pixels.data.length, 16 * 16 * 3, name);
      const furthest = pixels.data.reduce((most, value, at) => Math.max(most, Math.abs(value - grey.data[at]!)), 0);
      assert.ok(furthest <= 2, `${name}: ${furthest}`);
    }
    const red = paint(16, 16, () => [220, 20, 30]);
    const cmyk = await toSharp(red).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
    const [r, g, b] = colourAt(await pixelsOf('cmyk.jpg', cmyk), 8, 8);
    assert.ok(r! > 170 && g! < 80 && b! < 80, `${r}, ${g}, ${b}`);
  });

  it('takes a picture of one pixel', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    assert.deepEqual(await pixelsOf('dot.png', dot), { data: Uint8Array.of(0x12, 0x34, 0x56), width: 1, height: 1 });
  });

  it('takes the first frame of an animation', async () => {
    const frames = [scene(12, 64, 64), scene(13, 64, 64)];
    const pages = await Promise.all(frames.map((frame) => toSharp(frame).png().toBuffer()));
    const animation = await sharp(pages, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    assert.equal((await sharp(animation).metadata()).pages, 2);
    assert.deepEqual(await pixelsOf('animation.webp', animation), frames[0]);
  });

  it('reports a picture that is cut short or damaged, with its size where the header still tells', async () => {
    const jpeg = await toSharp(upright).jpeg().toBuffer();
    const png = await toSharp(upright).png().toBuffer();
    const webp = await toSharp(upright).webp().toBuffer();
    const cases: [string, Buffer, knowsSize: boolean][] = [
      ['cut.jpg', jpeg.subarray(0, jpeg.length / 2), true],
      ['closed-early.jpg', Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]), true],
      ['cut.png', png.subarray(0, png.length / 2), true],
      ['damaged.png', overwrite(png, png.length / 2, 64), true],
      ['cut.webp', webp.subarray(0, webp.length / 2), false],
      ['header-only.jpg', jpeg.subarray(0, 24), false],
    ];
    for (const [name, bytes, knowsSize] of cases) {
      const { pixels, width, height, error } = await decode(await folder.task(name, bytes));
      assert.equal(pixels, null, name);
      assert.ok(error.lasting, name);
      assert.match(error.message, /^The picture.* (cut short|damaged|cannot be decoded).*\.$/, name);
      assert.deepEqual([width, height], knowsSize ? [240, 160] : [0, 0], name);
    }
  });

  it('forgives what cameras get wrong and no picture is lost by', async () => {
    const jpeg = await toSharp(upright).jpeg({ progressive: true }).toBuffer();
    const end = jpeg.length - 2;
    const stray = Buffer.concat([jpeg.subarray(0, end), Buffer.alloc(40, 7), jpeg.subarray(end)]);
    assert.equal((await pixelsOf('stray.jpg', stray)).width, 240);
    assert.equal((await pixelsOf('trailing.jpg', Buffer.concat([jpeg, Buffer.alloc(100)]))).width, 240);
  });

  it('looks only at what the bytes were sniffed as', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    );
    const png = await toSharp(upright).png().toBuffer();
    for (const [name, bytes] of [
      ['svg.jpg', svg],
      ['png.jpg', png],
      ['gif.png', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1')],
      ['tiff.webp', Buffer.from('II*\0\x08\0\0\0\0\0', 'latin1')],
      ['empty.jpg', Buffer.alloc(0)],
    ] as const) {
      const { pixels, width, error } = await decode(await folder.task(name, bytes));
      assert.deepEqual([pixels, width], [null, 0], name);
      assert.match(error!.message, /^The file is not a (JPEG|PNG|WebP) picture\.$/, name);
    }
  });

  it('does not decode more pixels than allowed', async () => {
    const png = await sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#777' } })
      .png()
      .toBuffer();
    const { pixels, width, height, error } = await decode(await folder.task('large.png', png));
    assert.deepEqual([pixels, width, height], [null, 3000, 2000]);
    assert.equal(error?.message, 'The picture has more pixels than allowed.');
    assert.equal(error.lasting, false, 'another limit would let it through');
  });

  it('gives back the memory of pictures it is done with', async () => {
    const png = await sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#777' } })
      .png()
      .toBuffer();
    const task = await folder.task('plain.png', png);
    const before = process.resourceUsage().maxRSS;
    for (let count = 0; count < 80; count++) await decode(task);
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 300, `80 pictures of 6 MB made the process grow by ${grown} MB`);
  });

  it('rejects where the file is missing: that is no fault of the picture', async () => {
    const task = { path: `${folder.path}/missing.jpg`, contentType: 'image/jpeg', maxPixels: 1e6 } as const;
    await assert.rejects(decode(task), { code: 'ENOENT' });
  });

  it('lays a want of memory or file handles on no picture', () => {
    for (const message of [
      'vips_tracked: out of memory -- size == 120MB',
      'VipsJpeg: Insufficient memory (case 4)',
      'unable to open for read\nunix error: Too many open files',
    ]) {
      const fault = new Error(message);
      assert.throws(
        () => verdictOn(fault),
        (thrown) => thrown === fault,
      );
    }
  });

  it('holds what it does not understand against no picture for good', () => {
    const { message, lasting } = verdictOn(new Error('Unknown error'));
    assert.deepEqual([message, lasting], ['The picture cannot be decoded.', false]);
    assert.ok(verdictOn(new Error('VipsJpeg: Huffman table 0x01 was not defined')).lasting);
  });

  describe('thumbnails', () => {
    it('are upright WebPs within the size, without metadata', async () => {
      const turned = await toSharp(upright).rotate(-90).withMetadata({ orientation: 6 }).jpeg().toBuffer();
      const task = { ...(await folder.task('preview.jpg', turned)), size: 60 };
      const { format, width, height, exif, orientation } = await sharp(await renderThumbnail(task)).metadata();
      assert.deepEqual(
        { format, width, height, exif, orientation },
        {
          format: 'webp',
          width: 60,
          height: 40,
          exif: undefined,
          orientation: undefined,
        },
      );
    });

    it('never enlarge', async () => {
      const task = { ...(await folder.task('small.png', await toSharp(upright).png().toBuffer())), size: 512 };
      assert.equal((await sharp(await renderThumbnail(task)).metadata()).width, 240);
    });

    it('are refused in a sentence where the picture cannot be decoded', async () => {
      const task = { ...(await folder.task('no-picture.png', Buffer.from('nothing'))), size: 60 };
      await assert.rejects(renderThumbnail(task), new UndecodablePicture('The file is not a PNG picture.', true));
    });
  });
});

function overwrite(bytes: Buffer, at: number, count: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = Math.floor(at); i < at + count; i++) copy[i]! ^= 0x5a;
  return copy;
}
