import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { insertPngChunks, renderPicture, truncate } from '../support/pictures.js';
import { assay, jsonLines, type Run } from './assay.js';

interface Line {
  type: string;
  file: string;
  code: string;
  keep: string;
  reasons: string[];
  duplicates: { file: string; relation: string; score: number; transformation: string[] }[];
  ai_generated: boolean;
  pictures: number;
  generated: number;
  faults: number;
  files_passed_over: number;
  links_passed_over: number;
  message: string;
}

const HOSTILE = '<img src=x onerror=alert(1)> \x1b[31m"&\u202e.jpg';

/** Control characters, and those that turn the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e]/u;

describe('npx assay qc', function () {
  this.timeout(300_000);
  let home: string;
  let folder: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'assay-cli-'));
    folder = join(home, 'pictures');
    await mkdir(join(folder, 'more'), { recursive: true });
    const [one, two, three] = await Promise.all([1, 2, 3].map((seed) => renderPicture({ seed })));
    await writeFile(join(folder, 'one.jpg'), one!);
    await writeFile(join(folder, 'more', HOSTILE), one!);
    await writeFile(join(folder, 'more', 'flipped.webp'), await sharp(one).flop().resize(400).webp().toBuffer());
    await writeFile(join(folder, 'two.jpg'), two!);
    const parameters = 'parameters\0a castle\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512';
    const png = await sharp(three).png().toBuffer();
    const made = insertPngChunks(png, [{ type: 'tEXt', data: Buffer.from(parameters, 'latin1') }]);
    await writeFile(join(folder, 'made.png'), made);
    const part = { left: 20, top: 10, width: 380, height: 300 };
    await writeFile(join(folder, 'part of two.png'), await sharp(two).extract(part).png().toBuffer());
    await writeFile(join(folder, 'cut.jpg'), truncate(two!));
    await writeFile(join(folder, 'notes.txt'), 'no picture');
    await writeFile(join(folder, '.hidden.jpg'), one!);
    await symlink('/etc', join(folder, 'link'));
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'caf')), Buffer.from([0xe9]), Buffer.from('.jpg')]), two!);
  });
  after(() => rm(home, { recursive: true, force: true }));

  const groups = (run: Run) => jsonLines<Line>(run).filter(({ type }) => type === 'group');
  const last = (run: Run) => jsonLines<Line>(run).at(-1)!;

  it('finds copies under whatever name, what is generated, and what it cannot look at', async () => {
    const report = join(home, 'report.html');
    const run = await assay(['qc', folder, '--json', '--html', report, '--threads', '2'], { home });
    assert.deepEqual([run.code, run.errors], [0, '']);
    const lines = jsonLines<Line>(run);
    assert.deepEqual([last(run).pictures, last(run).generated, last(run).faults], [7, 1, 1]);
    assert.deepEqual([last(run).files_passed_over, last(run).links_passed_over], [1, 1]);

    const [first, second, ...others] = groups(run);
    assert.deepEqual(others, []);
    const ofOne = [first!, second!].find(({ keep }) => keep === 'one.jpg' || keep.includes('onerror'))!;
    assert.deepEqual(ofOne.duplicates.map(({ relation }) => relation).sort(), ['copy', 'exact']);
    const flipped = ofOne.duplicates.find(({ file }) => file === 'more/flipped.webp')!;
    assert.ok(flipped.transformation.includes('flip') && flipped.score >= 0.85);
    const ofTwo = [first!, second!].find((group) => group !== ofOne)!;
    const files = [ofTwo.keep, ...ofTwo.duplicates.map(({ file }) => file)];
    assert.ok(files.includes('two.jpg') && files.includes('part of two.png'));
    assert.equal(files.length, 3);
    assert.notEqual(ofTwo.keep, 'part of two.png');

    const generated = lines.filter(({ ai_generated }) => ai_generated);
    assert.deepEqual(
      generated.map(({ file }) => file),
      ['made.png'],
    );
    const faults = lines.filter(({ type }) => type === 'error').map(({ file, code, message }) => [file, code, message]);
    assert.deepEqual(faults, [['cut.jpg', 'truncated', 'The file ends in the middle of the picture.']]);

    const html = await readFile(report, 'utf8');
    assert.doesNotMatch(html, /<script|<img src=x|onerror=alert\(1\)>|https?:\/\/(?!www\.w3)/);
    assert.doesNotMatch(html.replaceAll('\n', ''), UNPRINTABLE);
    assert.equal(html.match(/data:image\/webp;base64,/g)!.length, 7);
    assert.match(html, /text:parameters/);
    assert.match(html, /Content-Security-Policy/);
    assert.match(
      html,
      /\d{4}-\d\d-\d\d \d\d:\d\d UTC · Assay [\d.]+ \(analyser .+\) · duplicates from a score of 0\.\d+ · AI-/,
    );
  });

  it('prints tables that no name can deface, and nothing on standard error without a terminal', async () => {
    const run = await assay(['qc', folder, '--fail-on', 'duplicates,ai'], { home });
    assert.deepEqual([run.code, run.errors], [1, '']);
    assert.match(run.output, /flipped\.webp +0\.\d\d /);
    assert.match(run.output, /made\.png/);
    assert.match(
      run.output,
      /7 pictures in .*2 groups of duplicates, 1 AI-generated, 1 file not looked at, 1 other file passed over, 1 link/,
    );
    assert.doesNotMatch(run.output.replaceAll('\n', ''), UNPRINTABLE);
  });

  it('ends by thresholds and by what was asked for', async () => {
    const clean = join(home, 'clean');
    await mkdir(clean, { recursive: true });
    await writeFile(join(clean, 'a.jpg'), await renderPicture({ seed: 7, width: 200, height: 150 }));
    const all = ['--fail-on', 'duplicates', '--fail-on', 'ai,unreadable', '--no-cache'];
    const [nothing, everything] = await Promise.all([
      assay(['qc', clean, ...all], { home }),
      assay(['qc', clean, ...all, '--ai-threshold', '0'], { home }),
    ]);
    assert.deepEqual([nothing.code, everything.code], [0, 1]);
  });

  it('follows links to files, once each, and none to folders', async () => {
    const [linked, store] = [join(home, 'linked'), join(home, 'store')];
    for (const path of [join(linked, '.annex'), join(linked, 'sub'), store]) await mkdir(path, { recursive: true });
    await writeFile(join(store, 'one'), await renderPicture({ seed: 11 }));
    await writeFile(join(linked, '.annex', 'two'), await renderPicture({ seed: 12 }));
    await writeFile(join(linked, 'three.jpg'), await renderPicture({ seed: 13 }));
    await symlink(join(store, 'one'), join(linked, 'one.jpg'));
    await symlink('../.annex/two', join(linked, 'sub', 'two.jpg'));
    await symlink('../.annex/two', join(linked, 'sub', 'two again.jpg'));
    await symlink('three.jpg', join(linked, 'itself.jpg'));
    await symlink('..', join(linked, 'sub', 'circle'));
    await symlink('nowhere', join(linked, 'gone.jpg'));
    const run = await assay(['qc', linked, '--json'], { home });
    const lines = jsonLines<Line>(run);
    const named = (wanted: string) => lines.filter(({ type }) => type === wanted).map(({ file }) => file);
    assert.deepEqual(named('picture'), ['one.jpg', 'sub/two again.jpg', 'sub/two.jpg', 'three.jpg']);
    assert.deepEqual(named('passed_over'), ['itself.jpg', 'sub/circle']);
    assert.deepEqual(named('error'), ['gone.jpg']);
    assert.equal(groups(run).length, 1, 'two names of one content are copies');
  });

  it('passes over what is no picture, whatever it is to fail on, but not what says that it is one', async () => {
    const mixed = join(home, 'mixed');
    await mkdir(mixed);
    await writeFile(join(mixed, 'picture without a name'), await renderPicture({ seed: 14 }));
    await writeFile(join(mixed, 'labels.json'), '{}');
    await writeFile(join(mixed, 'empty.txt'), '');
    const sound = await assay(['qc', mixed, '--fail-on', 'duplicates,ai,unreadable'], { home });
    assert.deepEqual([sound.code, sound.errors], [0, '']);
    assert.match(sound.output, /^1 picture in .*: 0 in 0 groups .*2 other files passed over\.\n$/);
    await writeFile(join(mixed, 'text.jpg'), 'text');
    assert.equal((await assay(['qc', mixed, '--fail-on', 'unreadable'], { home })).code, 1);
  });

  it('calls nothing clean where there was nothing to look at', async () => {
    const nothing = join(home, 'nothing');
    await mkdir(nothing);
    await writeFile(join(nothing, 'labels.json'), '{}');
    await symlink(folder, join(nothing, 'pictures'));
    const run = await assay(['qc', nothing, '--html', join(home, 'none.html')], { home });
    assert.equal(run.code, 2);
    assert.match(run.output, /0 pictures in .*1 other file passed over, 1 link not followed/);
    assert.match(run.errors, /^No picture in .*nothing was looked at\.\n$/);
    assert.ok(!existsSync(join(home, 'none.html')));
  });

  it('skips what it may not read, and says so', async function () {
    if (process.getuid?.() === 0) this.skip();
    const locked = join(home, 'locked');
    await mkdir(join(locked, 'inside'), { recursive: true });
    await writeFile(join(locked, 'a.jpg'), await renderPicture({ seed: 8 }));
    await writeFile(join(locked, 'b.jpg'), await renderPicture({ seed: 9 }));
    chmodSync(join(locked, 'a.jpg'), 0);
    chmodSync(join(locked, 'inside'), 0);
    const run = await assay(['qc', locked, '--json'], { home });
    chmodSync(join(locked, 'inside'), 0o700);
    const faults = jsonLines<Line>(run).filter(({ type }) => type === 'error');
    assert.deepEqual(faults.map(({ file, code }) => `${file} ${code}`).sort(), [
      'a.jpg unreadable',
      'inside unreadable',
    ]);
    assert.equal(last(run).pictures, 1);
  });

  it('looks at nothing twice, and does without a damaged cache', async () => {
    const analyses = join(home, 'cache/assay/analyses');
    const [version] = await readdir(analyses);
    const comparisons = join(home, 'cache/assay/comparisons');
    const [matcher] = await readdir(comparisons);
    const packs = () =>
      Promise.all([join(analyses, version!), join(comparisons, matcher!)].map((path) => readdir(path)));
    const before = await packs();
    const again = await assay(['qc', folder, '--json'], { home });
    assert.deepEqual(await packs(), before);
    assert.ok(before.every((names) => names.length > 0));
    for (const path of [
      ...before[0]!.map((name) => join(analyses, version!, name)),
      ...before[1]!.map((name) => join(comparisons, matcher!, name)),
    ]) {
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0xff, 100, 200).subarray(0, bytes.length - 10));
    }
    const mended = await assay(['qc', folder, '--json'], { home });
    assert.deepEqual([again.code, mended.code, mended.errors], [0, 0, '']);
    assert.deepEqual(groups(mended), groups(again));
  });

  it('stops at Ctrl-C in good order, and leaves no report', async () => {
    const [many, report] = [join(home, 'many'), join(home, 'never.html')];
    await mkdir(many);
    for (let seed = 100; seed < 260; seed++) {
      await writeFile(join(many, `${seed}.jpg`), await renderPicture({ seed, width: 64, height: 64 }));
    }
    const run = await assay(['qc', many, '--json', '--no-cache', '--html', report], {
      home,
      onStart: (child) => child.stdout!.once('data', () => child.kill('SIGINT')),
    });
    assert.deepEqual([run.code, run.errors], [130, '']);
    assert.ok(jsonLines<Line>(run).length < 160);
    assert.ok(!existsSync(report));
  });

  it('says in one sentence what it cannot do', async () => {
    const wrong: [string[], RegExp][] = [
      [['qc'], /^Name one folder\.\n$/],
      [['qc', join(home, 'nowhere')], /^There is no folder .*\.\n$/],
      [['qc', folder, '--ai-threshold', '2'], /^--ai-threshold takes a number from 0 to 1\.\n$/],
      [['qc', folder, '--fail-on', 'rain'], /^--fail-on takes .*, not rain\.\n$/],
      [['qc', join(folder, 'one.jpg')], /^.*one\.jpg is a file: name the folder that it lies in\.\n$/],
      [['qc', folder, '--html', '/nope/x.html'], /^There is no folder \/nope to write \/nope\/x\.html into\.\n$/],
      [['qc', folder, '--html', home], /^.* is a folder: name a file\.\n$/],
      [['qc', folder, '--bogus'], /^Unknown option '--bogus'\.\n$/],
      [['sing'], /^There is no command sing/],
    ];
    await Promise.all(
      wrong.map(async ([args, sentence]) => {
        const { code, output, errors } = await assay(args, { home });
        assert.deepEqual([code, output], [2, '']);
        assert.match(errors, sentence);
      }),
    );
    const help = await assay(['qc', '--help'], { home });
    assert.equal(help.code, 0);
    assert.match(help.output, /--fail-on/);
  });
});
