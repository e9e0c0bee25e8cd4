import assert from 'node:assert/strict';
import { classFolders, exportedFileName } from '../../src/features/exports/file-names.js';

const id = '01941f29-7c00-7000-8000-000000000000';
const called = (filename: string) =>
  exportedFileName({ id, filename, contentType: 'image/png' }).replace(`-${id}.png`, '');

describe('a file in an export', () => {
  it('keeps what is harmless of its name', () => {
    assert.equal(called('street sign 12.JPG'), 'street_sign_12');
    assert.equal(called('Ünï-名前.v2.webp'), 'Ünï-名前.v2');
  });

  it('has nothing in its name that leads elsewhere, hides it or means something to a shell', () => {
    const hostile = [
      '../../etc/passwd',
      '..\\..\\x',
      '.htaccess',
      '-rf',
      '~root',
      'C:\\x.jpg',
      '$(x)`y`;z',
      'a\0b',
      '\u202egpj.exe',
    ];
    for (const name of hostile) assert.match(called(name), /^\p{L}[\p{L}\p{N}._-]*$/u, name);
  });

  it('has a name where nothing of its own is left, and none that is too long', () => {
    for (const name of ['', '...', '????', '🙂.jpg', '   ']) assert.equal(called(name), 'image', name);
    assert.ok(Buffer.byteLength(called('名'.repeat(255))) <= 100);
    assert.ok(Buffer.byteLength(called(`${'é'.repeat(200)}.jpg`)) <= 100);
  });

  it('bears the extension that its bytes deserve', () => {
    assert.equal(exportedFileName({ id, filename: 'x.exe', contentType: 'image/jpeg' }), `x-${id}.jpg`);
  });
});

describe('class folders', () => {
  it('differ also where case does not count, and none is mistaken for another kind', () => {
    const classes = [
      'stop',
      'Stop',
      'STOP',
      'a/b',
      'a:b',
      '_tied',
      '..',
      '🙂',
      'NUL',
      'com1',
      'no entry',
      'é',
      'e\u0301',
    ];
    const folders = [...classFolders(classes).values()];
    assert.equal(new Set(folders.map((folder) => folder.toLowerCase())).size, classes.length);
    for (const folder of folders) assert.match(folder, /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u);
    assert.deepEqual(folders, [
      'stop',
      'Stop-2',
      'STOP-3',
      'a_b',
      'a_b-2',
      'tied',
      'class',
      'class-2',
      'NUL-1',
      'com1-1',
      'no entry',
      'é',
      'é-2',
    ]);
  });

  it('are short enough for any file system, however long the classes', () => {
    const [first, second] = [...classFolders(['名'.repeat(100) + 'a', '名'.repeat(100) + 'b']).values()];
    assert.notEqual(first, second);
    for (const folder of [first, second]) assert.ok(Buffer.byteLength(folder ?? '') <= 110);
  });
});
