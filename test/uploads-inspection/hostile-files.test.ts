import assert from 'node:assert/strict';
import { crc32, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import {
  insertPngChunks,
  pngClaiming,
  pngWithTextBomb,
  readPngChunks,
  renderAnimatedPng,
  renderAnimatedWebp,
  renderPicture,
  writePng,
} from '../support/pictures.js';
import { codeOf, inspect } from './inspected.js';

describe('inspection of hostile files', () => {
  let jpeg: Buffer;
  let png: Buffer;
  let webp: Buffer;
  before(async () => {
    const size = { width: 160, height: 120 };
    jpeg = await renderPicture({ seed: 1, ...size });
    png = await renderPicture({ seed: 1, ...size, format: 'png' });
    webp = await renderPicture({ seed: 1, ...size, format: 'webp' });
  });

  const others: [what: string, file: Buffer | string, code: string, says: RegExp][] = [
    ['nothing at all', '', 'empty', /empty/],
    ['plain text', 'hello, this is no picture', 'not_an_image', /no known kind/],
    ['a single byte', 'x', 'not_an_image', /no known kind/],
    ['zeros', Buffer.alloc(10_000), 'not_an_image', /no known kind/],
    ['a PDF', '%PDF-1.7\n%âãÏÓ\n1 0 obj', 'not_an_image', /application\/pdf/],
    ['a ZIP archive', zip('virus.exe', 'MZ'), 'not_an_image', /application\/zip/],
    ['a Windows program', `MZ\x90\0${'\0'.repeat(200)}`, 'not_an_image', /not a picture/],
    ['HTML', '<!doctype html><script>alert(1)</script>', 'not_an_image', /not a picture/],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'unsupported_format', /SVG/],
    ['SVG behind an XML head', '\ufeff<?xml version="1.0"?>\n<!-- x --><svg width="1"/>', 'unsupported_format', /SVG/],
    ['a GIF', 'GIF89a\x01\0\x01\0\0\0\0;', 'unsupported_format', /GIF/],
    ['a BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0', 'unsupported_format', /BMP/],
    ['a HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'unsupported_format', /HEIC/],
    ['an AVIF', '\0\0\0\x18ftypavif\0\0\0\0mif1avif', 'unsupported_format', /AVIF/],
    ['a TIFF', 'II*\0\x08\0\0\0\0\0\0\0', 'unsupported_format', /TIF/],
  ];
  for (const [what, file, code, says] of others) {
    it(`says what it is instead of a picture: ${what}`, async () => {
      const bytes = typeof file === 'string' ? Buffer.from(file, file.startsWith('\ufeff') ? 'utf8' : 'latin1') : file;
      for (const pieceBytes of [1, 100_000]) {
        const verdict = await inspect(bytes, { pieceBytes });
        assert.ok('code' in verdict);
        assert.equal(verdict.code, code);
        assert.match(verdict.message, says);
      }
    });
  }

  it('refuses 256 megapixels by their header alone, in every format', async () => {
    const edge = 16_000;
    const resized = Buffer.from(jpeg);
    resized.writeUInt32BE((edge << 16) | edge, frameHeaderOf(jpeg) + 5);
    const canvas = Buffer.from(await sharp(webp).ensureAlpha(0.5).webp().toBuffer());
    canvas.writeUIntLE(edge - 1, 24, 3);
    canvas.writeUIntLE(edge - 1, 27, 3);
    for (const file of [pngClaiming(edge, edge), resized, canvas]) {
      const verdict = await inspect(file.subarray(0, file.length - 40));
      assert.ok('code' in verdict);
      assert.equal(verdict.code, 'too_many_pixels');
      assert.match(verdict.message, /16000 × 16000/);
    }
  });

  it('never inflates a text chunk that is a bomb', async () => {
    const bomb = pngWithTextBomb(png, 50_000_000);
    assert.ok(bomb.length < png.length + 60_000);
    assert.equal(await codeOf(bomb), undefined);
  });

  it('refuses animations', async () => {
    assert.equal(await codeOf(await renderAnimatedPng({ seed: 1 })), 'animated');
    assert.equal(await codeOf(await renderAnimatedWebp({ seed: 1 })), 'animated');
    const hidden = readPngChunks(await renderAnimatedPng({ seed: 1 })).filter(({ type }) => type !== 'acTL');
    assert.equal(await codeOf(writePng(hidden)), 'animated');
  });

  const hidden: Record<string, Buffer> = {
    'a ZIP archive': zip('payload.txt', 'hello'),
    'a ZIP archive behind padding': Buffer.concat([Buffer.alloc(70_000), zip('payload.txt', 'hello')]),
    'the directory of a ZIP archive': zip('payload.txt', 'hello').subarray(-80),
    'a PDF': Buffer.from('%PDF-1.4\n1 0 obj'),
    'a page': Buffer.from('<html><body>'),
    'a script': Buffer.from('<SCRIPT src=x>'),
    'server code': Buffer.from('<?php system($_GET[0]);'),
    'a Windows program': Buffer.from('MZ\x90\0\x03'),
    'a Windows program further on': Buffer.from('....MZ....!This program cannot be run in DOS mode.'),
    'a Linux program': Buffer.from('\x7fELF\x02\x01\x01\0'),
    'a RAR archive': Buffer.from('Rar!\x1a\x07\x01\0'),
    'a 7z archive': Buffer.from('377abcaf271c0004', 'hex'),
    'a GIF': Buffer.from('GIF89a\x01\0\x01\0'),
    'an SVG': Buffer.from('<svg onload="alert(1)">'),
  };
  for (const [what, payload] of Object.entries(hidden)) {
    it(`refuses ${what} behind a picture of any format`, async () => {
      for (const picture of [jpeg, png, webp]) {
        const polyglot = Buffer.concat([picture, payload]);
        for (const pieceBytes of [1, 13, 100_000])
          assert.equal(await codeOf(polyglot, { pieceBytes }), 'trailing_data');
      }
    });
  }

  it('takes neither a GIF that ends as a JPEG nor a picture that starts as another file', async () => {
    assert.equal(await codeOf(Buffer.concat([Buffer.from('GIF89a'), jpeg])), 'unsupported_format');
    assert.equal(await codeOf(Buffer.concat([zip('a', 'b'), png])), 'not_an_image');
    assert.equal(await codeOf(Buffer.concat([Buffer.from('\n'), jpeg])), 'not_an_image');
  });

  it('refuses a PNG whose structure is broken', async () => {
    const [header, ...rest] = readPngChunks(png);
    const pixels = rest.find(({ type }) => type === 'IDAT')!;
    const end = rest.at(-1)!;
    const flipped = Buffer.from(png);
    flipped[Math.floor(png.length / 2)]! ^= 1;
    const zeroWide = Buffer.concat([Buffer.alloc(4), header!.data.subarray(4)]);
    const oddDepth = Buffer.concat([header!.data.subarray(0, 8), Buffer.from([3, 2, 0, 0, 0])]);
    const broken: Record<string, Buffer> = {
      'a flipped bit': flipped,
      'no header first': writePng([pixels, header!, end]),
      'a second header': writePng([header!, header!, ...rest]),
      'no width': writePng([{ type: 'IHDR', data: zeroWide }, ...rest]),
      'an impossible depth': writePng([{ type: 'IHDR', data: oddDepth }, ...rest]),
      'no pixels': writePng([header!, end]),
      'pixels in two places': writePng([header!, pixels, { type: 'tEXt', data: Buffer.from('a\0b') }, pixels, end]),
      'an unknown critical chunk': insertPngChunks(png, [{ type: 'CUTE', data: Buffer.alloc(3) }]),
      'a chunk of no name': insertPngChunks(png, [{ type: '1\0\0\0', data: Buffer.alloc(3) }]),
      'a chunk that claims 4 GB': Buffer.concat([png.subarray(0, 33), Buffer.from('ffffffff49444154', 'hex'), png]),
      'an end that is not empty': writePng([header!, pixels, { type: 'IEND', data: Buffer.alloc(1) }]),
    };
    for (const [what, file] of Object.entries(broken)) assert.equal(await codeOf(file), 'corrupt', what);
  });

  it('refuses a JPEG whose structure is broken', async () => {
    const frame = frameHeaderOf(jpeg);
    const noHeight = Buffer.from(jpeg);
    noHeight.writeUInt16BE(0, frame + 5);
    const frameSegment = jpeg.subarray(frame, frame + 2 + jpeg.readUInt16BE(frame + 2));
    const broken: Record<string, Buffer> = {
      'no height': noHeight,
      'two frames': Buffer.concat([jpeg.subarray(0, frame), frameSegment, jpeg.subarray(frame)]),
      'a scan before its frame': Buffer.from('ffd8ffda000201020304ffd9', 'hex'),
      'no scan': Buffer.concat([jpeg.subarray(0, frame), frameSegment, Buffer.from([0xff, 0xd9])]),
      'no frame': Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'),
      'a segment of length 1': Buffer.from('ffd8ffe00001ffd9ffd9ffd9ffd9', 'hex'),
      'a start within': Buffer.concat([jpeg.subarray(0, 2), jpeg]),
      'a reserved marker': Buffer.concat([jpeg.subarray(0, 2), Buffer.from('ff4f0004ffff', 'hex'), jpeg.subarray(2)]),
    };
    for (const [what, file] of Object.entries(broken)) assert.equal(await codeOf(file), 'corrupt', what);
  });

  it('refuses a WebP whose structure is broken', async () => {
    const extended = await sharp(webp).ensureAlpha(0.5).webp().toBuffer();
    const changed = (file: Buffer, change: (copy: Buffer) => unknown) => {
      const copy = Buffer.from(file);
      change(copy);
      return copy;
    };
    const broken: Record<string, Buffer> = {
      'a chunk larger than the file says': changed(webp, (copy) => copy.writeUInt32LE(webp.length, 16)),
      'an unknown chunk first': changed(webp, (copy) => copy.write('JUNK', 12)),
      'no start code': changed(webp, (copy) => copy.fill(0, 23, 26)),
      'no key frame': changed(webp, (copy) => (copy[20]! |= 1)),
      'a canvas of another size': changed(extended, (copy) => copy.writeUIntLE(10, 24, 3)),
      'no picture': changed(extended.subarray(0, 30), (copy) => copy.writeUInt32LE(22, 4)),
    };
    for (const [what, file] of Object.entries(broken)) assert.equal(await codeOf(file), 'corrupt', what);
  });

  it('stops at the limit, not at the end of an endless file', async () => {
    const file = Buffer.concat([jpeg, Buffer.alloc(1_000_000)]);
    const verdict = await inspect(file, { maxFileBytes: 100_000 });
    assert.ok('code' in verdict && verdict.code === 'too_large');
    assert.match(verdict.message, /100000 bytes/);
  });

  it('names no internals in its sentences', async () => {
    for (const file of [png.subarray(0, 100), Buffer.concat([jpeg, jpeg]).subarray(0, 700), Buffer.from('x')]) {
      const verdict = await inspect(file);
      assert.ok('message' in verdict);
      assert.match(verdict.message, /^The (file|picture) .*\.$/);
      assert.doesNotMatch(verdict.message, /chunk|marker|undefined|null|Error/i);
    }
  });
});

/** Offset of the baseline frame header's marker. */
function frameHeaderOf(jpeg: Buffer): number {
  return jpeg.indexOf(Buffer.from([0xff, 0xc0, 0, 17]));
}

/** A ZIP archive of one file. */
function zip(name: string, content: string): Buffer {
  const data = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
  const entry = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, 3]),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
