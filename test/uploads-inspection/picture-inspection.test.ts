import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { inspect, codeOf } from './inspected.js';
import { insertPngChunks, readPngChunks, renderPicture, writePng } from '../support/pictures.js';

const EXIF = { IFD0: { Software: 'a camera', ImageDescription: 'x'.repeat(5000) } };
const SIZE = { width: 200, height: 150 };

describe('inspection of pictures while they stream', () => {
  const render = (options: Partial<Parameters<typeof renderPicture>[0]> = {}) =>
    renderPicture({ seed: 7, ...SIZE, ...options });

  const sound: Record<string, () => Promise<Buffer>> = {
    'baseline JPEG': () => render(),
    'progressive JPEG': () => render({ progressive: true }),
    'JPEG with restart markers': async () => withRestartMarkers(await render()),
    'grey JPEG': async () =>
      sharp(await render())
        .grayscale()
        .jpeg()
        .toBuffer(),
    'JPEG with EXIF and a colour profile': async () =>
      sharp(await render())
        .withExif(EXIF)
        .withIccProfile('p3')
        .jpeg()
        .toBuffer(),
    'JPEG with a thumbnail in its metadata': async () => withThumbnail(await render()),
    PNG: () => render({ format: 'png' }),
    'interlaced PNG': () => render({ format: 'png', progressive: true }),
    'PNG with a palette': async () =>
      sharp(await render())
        .png({ palette: true })
        .toBuffer(),
    'PNG with 16 bits and alpha': async () =>
      sharp(await render())
        .ensureAlpha(0.5)
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
    'PNG with text behind its pixels': async () => withTextBehindPixels(await render({ format: 'png' })),
    'PNG of one frame that calls itself an animation': async () =>
      insertPngChunks(await render({ format: 'png' }), [
        { type: 'acTL', data: Buffer.from('0000000100000000', 'hex') },
      ]),
    'lossy WebP': () => render({ format: 'webp' }),
    'lossless WebP': async () =>
      sharp(await render())
        .webp({ lossless: true, effort: 0 })
        .toBuffer(),
    'WebP with alpha': async () =>
      sharp(await render())
        .ensureAlpha(0.5)
        .webp()
        .toBuffer(),
    'lossless WebP with EXIF': async () =>
      sharp(await render())
        .withExif(EXIF)
        .webp({ lossless: true, effort: 0 })
        .toBuffer(),
  };

  for (const [kind, make] of Object.entries(sound)) {
    it(`takes a ${kind}, and knows its type, size and SHA-256 however it is cut into chunks`, async () => {
      const file = await make();
      const { format } = await sharp(file).metadata();
      for (const pieceBytes of [1, 7, 1000, file.length]) {
        assert.deepEqual(await inspect(file, { pieceBytes }), {
          contentType: `image/${format}`,
          bytes: file.length,
          sha256: createHash('sha256').update(file).digest('hex'),
          ...SIZE,
        });
      }
    });

    it(`tells a ${kind} that was cut off, wherever it was`, async () => {
      const file = await make();
      for (const share of [0.05, 0.3, 0.6, 0.9]) {
        assert.equal(await codeOf(file.subarray(0, Math.ceil(file.length * share))), 'truncated', `at ${share}`);
      }
      assert.equal(await codeOf(file.subarray(0, -1)), 'truncated');
    });
  }

  it('tells the pixels of the largest picture taken from one more', async () => {
    const file = await render();
    assert.equal(await codeOf(file, { maxImagePixels: SIZE.width * SIZE.height }), undefined);
    assert.equal(await codeOf(file, { maxImagePixels: SIZE.width * SIZE.height - 1 }), 'too_many_pixels');
  });

  it('tells the bytes of the largest file taken from one more', async () => {
    const file = await render();
    assert.equal(await codeOf(file, { maxFileBytes: file.length }), undefined);
    assert.equal(await codeOf(file, { maxFileBytes: file.length - 1 }), 'too_large');
  });

  it('takes what phones write behind a JPEG: padding, further pictures, films', async () => {
    const file = await render();
    const film = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isommp42', 'latin1'), noise(100_000)]);
    for (const trailer of [Buffer.alloc(4096), await render({ seed: 8 }), film, Buffer.from('SEFHk\0\0\0SEFT')]) {
      assert.equal(await codeOf(Buffer.concat([file, trailer])), undefined);
    }
  });

  it('takes padding behind a PNG and a WebP', async () => {
    for (const format of ['png', 'webp'] as const) {
      assert.equal(await codeOf(Buffer.concat([await render({ format }), Buffer.from('\0\0\n')])), undefined);
    }
  });
});

/** Deterministic bytes in which every signature of two or three bytes occurs by chance. */
function noise(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, block) =>
    createHash('sha256').update(String(block)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

function withTextBehindPixels(png: Buffer): Buffer {
  const chunks = readPngChunks(png);
  return writePng([...chunks.slice(0, -1), { type: 'tEXt', data: Buffer.from('Comment\0late') }, ...chunks.slice(-1)]);
}

/** Puts a whole JPEG, end marker included, into a segment of another, as EXIF thumbnails are. */
function withThumbnail(jpeg: Buffer): Buffer {
  const thumbnail = Buffer.concat([Buffer.from('Exif\0\0'), jpeg.subarray(0, 4000), Buffer.from([0xff, 0xd9])]);
  const segment = Buffer.from([0xff, 0xe1, 0, 0]);
  segment.writeUInt16BE(thumbnail.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, thumbnail, jpeg.subarray(2)]);
}

/** Puts restart and fill bytes into the entropy-coded data: no decoder's business here, only the walk's. */
function withRestartMarkers(jpeg: Buffer): Buffer {
  const middle = jpeg.length - 500;
  const at = jpeg[middle - 1] === 0xff ? middle + 1 : middle;
  return Buffer.concat([jpeg.subarray(0, at), Buffer.from([0xff, 0xff, 0xd3, 0xff, 0xd4]), jpeg.subarray(at)]);
}
