import assert from 'node:assert/strict';
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { ProvenanceFact } from '../../workers/analysis.js';
import { readProvenance, withHiddenText } from '../../workers/provenance.js';
import { insertPngChunks } from '../support/pictures.js';
import { cameraTiff } from './camera-tiff.js';
import { appendWebpChunks, insertJpegSegments, tiffWith } from './containers.js';
import { PictureFolder, scene, toSharp } from './scenes.js';

const [WIDTH, HEIGHT] = [192, 160];
const TRAINED = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const PARAMETERS = 'a lighthouse\nSteps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1';
const GRAPH = '{"3": {"inputs": {"seed": 5}, "class_type": "KSampler"}}';
const AIGC = '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"1"}';

type Format = 'png' | 'jpeg' | 'webp';

describe('kinds of evidence', () => {
  let folder: PictureFolder;
  let plain: Record<Format, Buffer>;

  before(async () => {
    folder = await PictureFolder.make();
    const picture = toSharp(scene(22, WIDTH, HEIGHT));
    const [png, jpeg, webp] = await Promise.all([
      picture.clone().png().toBuffer(),
      picture.clone().jpeg().toBuffer(),
      picture.clone().webp().toBuffer(),
    ]);
    plain = { png, jpeg, webp };
  });
  after(() => folder.remove());

  const factsIn = async (format: Format, bytes: Buffer) =>
    readProvenance(await folder.task(`a.${format === 'jpeg' ? 'jpg' : format}`, bytes));

  const withExif = (format: Format, tiff: Buffer) => {
    const prefixed = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
    if (format === 'png') return insertPngChunks(plain.png, [{ type: 'eXIf', data: tiff }]);
    if (format === 'webp') return appendWebpChunks(plain.webp, [{ type: 'EXIF', data: prefixed }]);
    return insertJpegSegments(plain.jpeg, [{ marker: 0xe1, data: prefixed }]);
  };
  const withXmp = (format: Format, properties: string) => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description ${properties}/></x:xmpmeta>`;
    const text = Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`);
    if (format === 'png') return insertPngChunks(plain.png, [{ type: 'iTXt', data: text }]);
    if (format === 'webp') return appendWebpChunks(plain.webp, [{ type: 'XMP ', data: Buffer.from(xmp) }]);
    const data = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`);
    return insertJpegSegments(plain.jpeg, [{ marker: 0xe1, data }]);
  };
  const comment = (text: string) => tiffWith({ UserComment: Buffer.from(`ASCII\0\0\0${text}`) });
  const named = (facts: ProvenanceFact[]) =>
    facts.map(({ source, kind, generator }) => `${kind} ${source} ${generator}`);

  const everywhere: [name: string, make: (format: Format) => Buffer, expected: string][] = [
    [
      'Stable Diffusion’s parameters',
      (to) => withExif(to, comment(PARAMETERS)),
      'record exif:UserComment Stable Diffusion',
    ],
    ['ComfyUI’s graph', (to) => withExif(to, tiffWith({ Make: `prompt:${GRAPH}` })), 'record exif:Make ComfyUI'],
    [
      'NovelAI’s signed record',
      (to) => withExif(to, comment('{"prompt": "1girl", "signed_hash": "q9b=="}')),
      'record exif:UserComment NovelAI',
    ],
    ['a tool’s name', (to) => withExif(to, tiffWith({ Software: 'NovelAI' })), 'declared exif:Software NovelAI'],
    ['Flux’s maker', (to) => withExif(to, tiffWith({ Make: 'Black Forest Labs' })), 'declared exif:Make FLUX'],
    [
      'the digital source type',
      (to) => withXmp(to, `Iptc4xmpExt:DigitalSourceType="${TRAINED}"`),
      'declared xmp:DigitalSourceType null',
    ],
    [
      'a part that is generated',
      (to) => withXmp(to, `Iptc4xmpExt:DigitalSourceType="${TRAINED.replace('trained', 'compositeWithTrained')}"`),
      'declared_in_part xmp:DigitalSourceType null',
    ],
    [
      'Firefly as creator tool',
      (to) => withXmp(to, 'xmp:CreatorTool="Adobe Firefly 4"'),
      'declared xmp:CreatorTool Adobe Firefly',
    ],
    ['Google’s credit', (to) => withXmp(to, 'photoshop:Credit="Made with Google AI"'), 'mentioned xmp Google AI'],
    [
      'the label of Chinese law',
      (to) => withXmp(to, `TC260:AIGC="${AIGC.replaceAll('"', '&quot;')}"`),
      'declared xmp:AIGC null',
    ],
  ];
  for (const [name, make, expected] of everywhere) {
    it(`knows ${name} in PNG, JPEG and WebP`, async () => {
      for (const format of ['png', 'jpeg', 'webp'] as const) {
        assert.deepEqual(named(await factsIn(format, make(format))), [expected], format);
      }
    });
  }

  it('reads credits from IPTC-IIM', async () => {
    const credit = Buffer.from('Made with Google AI');
    const dataset = Buffer.concat([Buffer.from([0x1c, 2, 110, 0, credit.length]), credit]);
    const resource = Buffer.concat([
      Buffer.from('Photoshop 3.0\0', 'latin1'),
      Buffer.from('8BIM\x04\x22\0\0\0\0\0\x01A\0', 'latin1'),
      Buffer.from('8BIM\x04\x04\0\0\0\0\0', 'latin1'),
      Buffer.from([dataset.length]),
      dataset,
    ]);
    const inApp13 = (data: Buffer) => factsIn('jpeg', insertJpegSegments(plain.jpeg, [{ marker: 0xed, data }]));
    assert.deepEqual(named(await inApp13(resource)), ['declared iptc:Credit Google AI']);
    for (let length = 0; length < resource.length; length += 3) await inApp13(resource.subarray(0, length));
  });

  describe('text hidden in pixels', () => {
    const novelAi = JSON.stringify({ Software: 'NovelAI', Comment: '{"prompt":"1girl","signed_hash":"q9b=="}' });
    const inAlpha = async (format: 'png' | 'webp', hidden: Buffer) => {
      const { data } = scene(22, WIDTH, HEIGHT);
      const rgba = Buffer.alloc(WIDTH * HEIGHT * 4, 0xff);
      for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) rgba.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
      for (let bit = 0; bit < hidden.length * 8; bit++) {
        const at = ((bit % HEIGHT) * WIDTH + Math.floor(bit / HEIGHT)) * 4 + 3;
        rgba[at] = 254 | ((hidden[bit >> 3]! >> (7 - (bit & 7))) & 1);
      }
      const picture = sharp(rgba, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
      return factsIn(format, await (format === 'png' ? picture.png() : picture.webp({ lossless: true })).toBuffer());
    };
    const framed = (signature: string, payload: Buffer, bits = payload.length * 8) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bits);
      return Buffer.concat([Buffer.from(signature), length, payload]);
    };

    it('is found in the alpha channel of PNG and lossless WebP, gzipped and plain', async () => {
      for (const hidden of [
        framed('stealth_pngcomp', gzipSync(novelAi)),
        framed('stealth_pnginfo', Buffer.from(novelAi)),
      ]) {
        const expected = [`record alpha:${hidden.toString('latin1', 0, 15)} NovelAI`];
        assert.deepEqual(named(await inAlpha('png', hidden)), expected);
        assert.deepEqual(named(await inAlpha('webp', hidden)), expected);
      }
    });

    it('is found in the colours', () => {
      const pixels = scene(22, WIDTH, HEIGHT);
      const data = Uint8Array.from(pixels.data);
      const hidden = framed('stealth_rgbinfo', Buffer.from(PARAMETERS));
      for (let bit = 0; bit < hidden.length * 8; bit++) {
        const pixel = Math.floor(bit / 3);
        const at = ((pixel % HEIGHT) * WIDTH + Math.floor(pixel / HEIGHT)) * 3 + (bit % 3);
        data[at] = (data[at]! & 254) | ((hidden[bit >> 3]! >> (7 - (bit & 7))) & 1);
      }
      assert.deepEqual(named(withHiddenText([], { ...pixels, data })), [
        'record pixels:stealth_rgbinfo Stable Diffusion',
      ]);
      assert.deepEqual(withHiddenText([], pixels), []);
    });

    it('is not believed beyond the picture, and unpacks to 1 MiB at most', async () => {
      assert.deepEqual(await inAlpha('png', framed('stealth_pngcomp', Buffer.from('x'), 0xffffffff)), []);
      const bomb = gzipSync(Buffer.alloc(2 ** 21, 'A'));
      assert.deepEqual(
        (await inAlpha('png', framed('stealth_pngcomp', bomb))).map(({ value }) => value),
        [''],
      );
      assert.deepEqual(named(await inAlpha('png', framed('stealth_pngcomp', Buffer.from('no gzip')))), [
        'record alpha:stealth_pngcomp null',
      ]);
      assert.deepEqual(await inAlpha('png', Buffer.from('stealth_png')), []);
    });
  });

  describe('of a camera', () => {
    it('are its maker note and how it exposed, beside its maker’s name', async () => {
      for (const format of ['png', 'jpeg', 'webp'] as const) {
        assert.deepEqual(named(await factsIn(format, withExif(format, cameraTiff()))), [
          'camera exif:MakerNote null',
          'camera exif:ExposureTime null',
        ]);
      }
      const [, exposure] = await factsIn('jpeg', withExif('jpeg', cameraTiff()));
      assert.equal(exposure?.value, 'Canon EOS R5, 1/250 s, f/2.8, ISO 400, 50 mm');
    });

    it('are none without a maker of cameras, or with values that no camera has', async () => {
      for (const tiff of [
        cameraTiff({ make: 'Acme' }),
        cameraTiff({ exposure: [1, 0], note: 10 }),
        cameraTiff({ takenAt: 'yesterday', note: 10 }),
        cameraTiff({ iso: 0, note: 10 }),
      ]) {
        assert.deepEqual(await factsIn('jpeg', withExif('jpeg', tiff)), []);
      }
    });

    it('are quantisation tables of its own, beside its maker’s name', async () => {
      const own = Buffer.from(plain.jpeg);
      const tableAt = own.indexOf(Buffer.from([0xff, 0xdb])) + 5;
      own[tableAt] = own[tableAt]! + 3;
      const exif = { marker: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), cameraTiff()]) };
      const sources = async (jpeg: Buffer) => (await factsIn('jpeg', jpeg)).map(({ source }) => source);
      assert.ok((await sources(insertJpegSegments(own, [exif]))).includes('jpeg:quantisation'));
      assert.ok(!(await sources(insertJpegSegments(plain.jpeg, [exif]))).includes('jpeg:quantisation'));
      assert.deepEqual(await sources(own), []);
      for (const quality of [1, 30, 50, 75, 92, 100]) {
        const jpeg = await sharp(plain.png).jpeg({ quality }).toBuffer();
        assert.ok(!(await sources(insertJpegSegments(jpeg, [exif]))).includes('jpeg:quantisation'), `${quality}`);
      }
    });

    it('stand beside those of a generator, and after them', async () => {
      const text = { type: 'tEXt', data: Buffer.from(`parameters\0${PARAMETERS}`) };
      const png = insertPngChunks(plain.png, [{ type: 'eXIf', data: cameraTiff() }, text]);
      assert.deepEqual(
        (await factsIn('png', png)).map(({ kind }) => kind),
        ['record', 'camera', 'camera'],
      );
    });
  });

  it('survive no truncation of the file with a fault', async () => {
    const files: [Format, Buffer][] = [
      [
        'png',
        insertPngChunks(plain.png, [
          { type: 'zTXt', data: Buffer.concat([Buffer.from('parameters\0\0'), deflateSync(PARAMETERS)]) },
        ]),
      ],
      ['jpeg', withExif('jpeg', cameraTiff())],
      ['webp', withExif('webp', cameraTiff())],
    ];
    for (const [format, bytes] of files) {
      for (let length = 0; length < bytes.length; length += 331) {
        assert.ok(Array.isArray(await factsIn(format, bytes.subarray(0, length))));
      }
    }
  });
});
