import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createDeflate, deflateSync } from 'node:zlib';
import type { ProvenanceFact } from '../../workers/analysis.js';
import { readProvenance } from '../../workers/provenance.js';
import { insertPngChunks } from '../support/pictures.js';
import { appendWebpChunks, c2paStore, insertJpegSegments, jumbfPackets, tiffWith, type ExifTag } from './containers.js';
import { PictureFolder, scene, toSharp } from './scenes.js';

const APP1 = 0xe1;
const APP11 = 0xeb;
const COMMENT = 0xfe;
const TRAINED = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const A1111 =
  'a lighthouse, oil on canvas\nNegative prompt: blurry\nSteps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1';

describe('provenance read from metadata', () => {
  let folder: PictureFolder;
  let png: Buffer;
  let jpeg: Buffer;
  let webp: Buffer;

  before(async () => {
    folder = await PictureFolder.make();
    const picture = toSharp(scene(21, 96, 64));
    [png, jpeg, webp] = await Promise.all([
      picture.clone().png().toBuffer(),
      picture.clone().jpeg().toBuffer(),
      picture.clone().webp().toBuffer(),
    ]);
  });
  after(() => folder.remove());

  const factsIn = async (name: string, bytes: Buffer) => readProvenance(await folder.task(name, bytes));
  const inPng = (type: string, data: Buffer | string) =>
    factsIn('a.png', insertPngChunks(png, [{ type, data: Buffer.from(data) }]));
  const inText = (keyword: string, text: string) => inPng('tEXt', `${keyword}\0${text}`);
  const inExif = (tags: Partial<Record<ExifTag, string | Buffer>>, littleEndian = false) => {
    const data = Buffer.concat([Buffer.from('Exif\0\0'), tiffWith(tags, littleEndian)]);
    return factsIn('a.jpg', insertJpegSegments(jpeg, [{ marker: APP1, data }]));
  };
  const inXmp = (properties: string) => {
    const data = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmpWith(properties)}`);
    return factsIn('a.jpg', insertJpegSegments(jpeg, [{ marker: APP1, data }]));
  };
  const sourcesOf = (facts: ProvenanceFact[]) => facts.map(({ source, generator }) => `${source} ${generator}`);

  it('finds nothing in pictures without metadata', async () => {
    assert.deepEqual(await factsIn('a.png', png), []);
    assert.deepEqual(await factsIn('a.jpg', jpeg), []);
    assert.deepEqual(await factsIn('a.webp', webp), []);
  });

  it('knows what generators write into PNG texts', async () => {
    const cases: [keyword: string, text: string, generator: string][] = [
      ['parameters', A1111, 'Stable Diffusion'],
      ['prompt', '{"3": {"inputs": {"seed": 5}, "class_type": "KSampler"}}', 'ComfyUI'],
      ['workflow', '{"last_node_id": 9, "last_link_id": 9, "nodes": []}', 'ComfyUI'],
      ['Description', 'a red fox --v 6.1 Job ID: 4f5b3c1e-8d2a-4e7b-9c1d-0a1b2c3d4e5f', 'Midjourney'],
      ['Software', 'NovelAI', 'NovelAI'],
      ['Comment', '{"prompt": "1girl", "signed_hash": "q9b=="}', 'NovelAI'],
      ['invokeai_metadata', '{"app_version": "5.0"}', 'InvokeAI'],
      ['parameters', '{"sui_image_params": {"prompt": "a"}}', 'SwarmUI'],
      ['Source', 'Stable Diffusion XL 9B3C', 'Stable Diffusion'],
    ];
    for (const [keyword, text, generator] of cases) {
      assert.deepEqual(sourcesOf(await inText(keyword, text)), [`text:${keyword} ${generator}`]);
    }
  });

  it('reads compressed and international PNG texts', async () => {
    const deflated = deflateSync(A1111);
    const international = (flag: number, text: Buffer) =>
      Buffer.concat([Buffer.from(`parameters\0${String.fromCharCode(flag)}\0en\0\0`), text]);
    const expected = ['text:parameters Stable Diffusion'];
    const compressed = Buffer.concat([Buffer.from('parameters\0\0'), deflated]);
    assert.deepEqual(sourcesOf(await inPng('zTXt', compressed)), expected);
    assert.deepEqual(sourcesOf(await inPng('iTXt', international(0, Buffer.from(A1111)))), expected);
    assert.deepEqual(sourcesOf(await inPng('iTXt', international(1, deflated))), expected);
  });

  it('finds texts behind the pixel data too', async () => {
    const text = insertPngChunks(png, [{ type: 'tEXt', data: Buffer.from('Software\0NovelAI') }]);
    const chunk = text.subarray(33, 33 + 12 + 16);
    const behind = Buffer.concat([png.subarray(0, png.length - 12), chunk, png.subarray(png.length - 12)]);
    assert.deepEqual(sourcesOf(await factsIn('a.png', behind)), ['text:Software NovelAI']);
  });

  it('knows generators by EXIF in either byte order', async () => {
    for (const littleEndian of [false, true]) {
      const facts = await inExif({ Make: 'Black Forest Labs', Software: 'AI generated;txt2img;flux' }, littleEndian);
      assert.deepEqual(sourcesOf(facts), ['exif:Make FLUX']);
      assert.deepEqual(sourcesOf(await inExif({ Artist: 'DALL·E 3' }, littleEndian)), ['exif:Artist DALL·E']);
      assert.deepEqual(sourcesOf(await inExif({ ImageDescription: 'Made with Midjourney' }, littleEndian)), [
        'exif:ImageDescription Midjourney',
      ]);
    }
  });

  it('reads EXIF comments in ASCII and in UTF-16 of either order', async () => {
    const utf16le = Buffer.from(A1111, 'utf16le');
    for (const comment of [
      Buffer.concat([Buffer.from('ASCII\0\0\0'), Buffer.from(A1111)]),
      Buffer.concat([Buffer.from('UNICODE\0'), utf16le]),
      Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(utf16le).swap16()]),
    ]) {
      assert.deepEqual(sourcesOf(await inExif({ UserComment: comment })), ['exif:UserComment Stable Diffusion']);
    }
  });

  it('reads the digital source type, the creator tool and the credit from XMP', async () => {
    const composite = TRAINED.replace('trained', 'compositeWithTrained');
    assert.deepEqual(await inXmp(`Iptc4xmpExt:DigitalSourceType="${TRAINED}"`), [
      { source: 'xmp:DigitalSourceType', kind: 'declared', generator: null, value: 'trainedAlgorithmicMedia' },
    ]);
    assert.deepEqual(await inXmp(`><Iptc4xmpExt:DigitalSourceType>${composite}</Iptc4xmpExt:DigitalSourceType`), [
      {
        source: 'xmp:DigitalSourceType',
        kind: 'declared_in_part',
        generator: null,
        value: 'compositeWithTrainedAlgorithmicMedia',
      },
    ]);
    assert.deepEqual(sourcesOf(await inXmp('xmp:CreatorTool="Adobe Firefly 3"')), ['xmp:CreatorTool Adobe Firefly']);
    assert.deepEqual(sourcesOf(await inXmp('photoshop:Credit="Made with Google AI"')), ['xmp Google AI']);
  });

  it('reads EXIF and XMP of PNG and WebP', async () => {
    const exif = tiffWith({ Software: 'ComfyUI' });
    const xmp = Buffer.from(xmpWith('xmp:CreatorTool="Midjourney"'));
    assert.deepEqual(sourcesOf(await inPng('eXIf', exif)), ['exif:Software ComfyUI']);
    assert.deepEqual(sourcesOf(await inPng('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0'), xmp]))), [
      'xmp:CreatorTool Midjourney',
    ]);
    const chunks = [
      { type: 'EXIF', data: Buffer.concat([Buffer.from('Exif\0\0'), exif]) },
      { type: 'XMP ', data: xmp },
    ];
    assert.deepEqual(sourcesOf(await factsIn('a.webp', appendWebpChunks(webp, chunks))), [
      'exif:Software ComfyUI',
      'xmp:CreatorTool Midjourney',
    ]);
  });

  it('reads C2PA claims of all three formats', async () => {
    const store = c2paStore({ claim_generator: 'ChatGPT/1.0', digitalSourceType: TRAINED });
    const expected = ['c2pa:claim_generator OpenAI', 'c2pa:digitalSourceType null', 'c2pa:manifest null'];
    const segments = jumbfPackets(store, 1000).map((data) => ({ marker: APP11, data }));
    assert.deepEqual(sourcesOf(await inPng('caBX', store)), expected);
    assert.deepEqual(sourcesOf(await factsIn('a.jpg', insertJpegSegments(jpeg, segments))), expected);
    assert.deepEqual(
      sourcesOf(await factsIn('a.webp', appendWebpChunks(webp, [{ type: 'C2PA', data: store }]))),
      expected,
    );
  });

  it('does not take cameras, editors, captions or their signatures for generators', async () => {
    const captured = 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture';
    const innocent = await Promise.all([
      inExif({ Make: 'NIKON CORPORATION', Software: 'Adobe Photoshop 26.1 (Windows)', Artist: 'Ana Firefly' }),
      inExif({ Make: 'Hawkeye Firefly', ImageDescription: 'A talk on Stable Diffusion and Midjourney' }),
      inExif({ ImageDescription: 'Not made with Midjourney', Software: 'GIMP 2.10.38' }),
      inText('Software', 'Visor de Imagen 3'),
      inText('parameters', 'exposure 0.5 s, filter H-alpha'),
      inText('Description', 'Steps: 3 up, 4 down'),
      inXmp(`xmp:CreatorTool="Adobe Lightroom 14.0" Iptc4xmpExt:DigitalSourceType="${captured}"`),
      inPng(
        'caBX',
        c2paStore({ claim_generator: 'Leica_M11-P', digitalSourceType: captured, title: 'Midjourney.jpg' }),
      ),
    ]);
    assert.deepEqual(innocent.flat().filter(saysGenerated), []);
  });

  it('makes every value one printable line of at most 200 characters', async () => {
    const comment = `Steps: 1, Sampler: \u0007\u202e${'long\r\n'.repeat(500)}`;
    const data = Buffer.from(comment);
    const [fact] = await factsIn('a.jpg', insertJpegSegments(jpeg, [{ marker: COMMENT, data }]));
    assert.ok(fact && fact.value.length <= 200);
    assert.match(fact.value, /^Steps: 1, Sampler: long long/);
    assert.doesNotMatch(fact.value, /[\p{C}]/u);
  });

  it('makes every value well-formed text without NUL', async () => {
    const emoji = '\u{1f98a}';
    const found = await Promise.all([
      inPng('iTXt', `parameters\0\0\0\0\0Steps: 1, Sampler: E${emoji.repeat(400)}`),
      inPng('iTXt', `parameters\0\0\0\0\0Steps: 1, Sampler: ${emoji.repeat(400)}`),
      inPng('iTXt', 'parameters\0\0\0\0\0Steps: 1, Sampler: a\0b'),
      inExif({
        UserComment: Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from('Steps: 1, Sampler: a\ud83e b', 'utf16le')]),
      }),
    ]);
    const values = found.flat().map(({ value }) => value);
    assert.equal(values.length, 4);
    for (const value of values) {
      assert.equal(Buffer.from(value).toString(), value, 'UTF-8 has no lone surrogates');
      assert.ok(Array.from(value).length <= 200 && !value.includes('\0'));
    }
  });

  it('reports a fact once and no more than twenty', async () => {
    const text = (value: string) => ({ type: 'tEXt', data: Buffer.from(`Software\0NovelAI ${value}`) });
    const same = insertPngChunks(
      png,
      Array.from({ length: 30 }, () => text('v4')),
    );
    const many = insertPngChunks(
      png,
      Array.from({ length: 500 }, (_, index) => text(`v${index}`)),
    );
    assert.equal((await factsIn('a.png', same)).length, 1);
    assert.equal((await factsIn('a.png', many)).length, 20);
  });

  it('stays small before a text chunk that unpacks to 200 MB', async () => {
    const text = Buffer.concat([Buffer.from('parameters\0\0'), await deflatedBomb(200)]);
    const task = await folder.task('bomb.png', insertPngChunks(png, [{ type: 'zTXt', data: text }]));
    const before = process.resourceUsage().maxRSS;
    assert.deepEqual(await readProvenance(task), []);
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 30, `grew by ${grown} MB`);
  });

  it('passes over whatever is malformed', async () => {
    const exif = (data: Buffer) =>
      insertJpegSegments(jpeg, [{ marker: APP1, data: Buffer.concat([Buffer.from('Exif\0\0'), data]) }]);
    const tiff = tiffWith({ Software: 'ComfyUI', UserComment: 'x' });
    const endlessCount = Buffer.from(tiff);
    endlessCount.fill(0xff, 8, 10);
    const pointsOutside = Buffer.from(tiff);
    pointsOutside.writeUInt32BE(0xfffffff0, 4);
    for (const [name, bytes] of [
      ['a.png', png.subarray(0, 20)],
      ['a.png', insertPngChunks(png, [{ type: 'zTXt', data: Buffer.from('parameters\0\0not deflated') }])],
      ['a.png', insertPngChunks(png, [{ type: 'iTXt', data: Buffer.from('no ends') }])],
      ['a.png', Buffer.concat([png.subarray(0, 33), Buffer.from('\xff\xff\xff\xfftEXt', 'latin1')])],
      ['a.jpg', jpeg.subarray(0, 3)],
      ['a.jpg', Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, 0, 0xff, 0xe1, 0xff])])],
      ['a.jpg', Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(70_000, 0xff)])],
      ['a.jpg', exif(Buffer.from('MM'))],
      ['a.jpg', exif(endlessCount.subarray(0, 40))],
      ['a.jpg', exif(pointsOutside)],
      ['a.webp', webp.subarray(0, 14)],
      ['a.webp', Buffer.concat([webp, Buffer.from('EXIF\xff\xff\xff\xff', 'latin1')])],
    ] as const) {
      assert.deepEqual(await factsIn(name, bytes), []);
    }
  });

  it('says of a manifest that it cannot read no more than that it is there', async () => {
    for (const store of ['claim_generator', '\0\0\0\x08jumb', '\xff'.repeat(100)]) {
      const facts = await inPng('caBX', Buffer.from(store, 'latin1'));
      assert.deepEqual(
        facts.map(({ source, value }) => [source, value]),
        [['c2pa:manifest', 'present, not validated: unreadable']],
      );
    }
  });

  it('rejects where the file is missing', async () => {
    const task = { path: `${folder.path}/missing.png`, contentType: 'image/png', maxPixels: 1e6 } as const;
    await assert.rejects(readProvenance(task), { code: 'ENOENT' });
  });
});

const saysGenerated = ({ kind }: ProvenanceFact) => kind !== 'camera' && kind !== 'manifest';

function xmpWith(properties: string): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about="" ${properties}></rdf:Description></rdf:RDF></x:xmpmeta>`;
}

/** Made in a stream, so that the test itself never holds what it unpacks to. */
function deflatedBomb(mebibytes: number): Promise<Buffer> {
  const chunk = Buffer.alloc(2 ** 20, 'A');
  return buffer(Readable.from(Array.from({ length: mebibytes }, () => chunk)).pipe(createDeflate({ level: 9 })));
}
