import assert from 'node:assert/strict';
import { sanitizeFilename } from '../../src/features/uploads/inspection/filename.js';

describe('names of uploaded files', () => {
  const cases: [name: string, shown: string][] = [
    ['holiday.jpg', 'holiday.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system32\\evil.png', 'evil.png'],
    ['C:\\Users\\me\\pictures/photo.webp', 'photo.webp'],
    ['/', 'unnamed'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
    ['   ', 'unnamed'],
    ['a/..', 'unnamed'],
    ['photo\0.jpg', 'photo.jpg'],
    ['line\r\nbreak\t.jpg', 'linebreak.jpg'],
    ['gpj.\u202eexe.jpg', 'gpj.exe.jpg'],
    ['\u2066\u200fx\u2069.png', 'x.png'],
    ['u\u0308ber.jpg', 'über.jpg'],
    ['写真 👩‍👩‍👧.jpg', '写真 👩‍👩‍👧.jpg'],
    ['<img src=x onerror=alert(1)>.jpg', '<img src=x onerror=alert(1)>.jpg'],
    ['lone \ud800 surrogate.jpg', 'lone \ufffd surrogate.jpg'],
    ['.jpg', '.jpg'],
  ];
  for (const [name, shown] of cases) {
    it(`are shown as ${JSON.stringify(shown)} when sent as ${JSON.stringify(name)}`, () =>
      assert.equal(sanitizeFilename(name), shown));
  }

  it('are cut to 255 characters with their extension kept', () => {
    const shown = sanitizeFilename(`${'a'.repeat(10_000)}.jpeg`);
    assert.equal(shown, `${'a'.repeat(250)}.jpeg`);
    assert.equal(sanitizeFilename('b'.repeat(10_000)), 'b'.repeat(255));
    assert.equal(sanitizeFilename(`x.${'y'.repeat(10_000)}`).length, 255);
  });

  it('are never cut in the middle of a character', () => {
    const shown = sanitizeFilename(`a${'😀'.repeat(5_000)}.jpg`);
    assert.ok(shown.length <= 255);
    assert.match(shown, /^a😀+\.jpg$/u);
  });

  it('of a megabyte take no time to speak of', () => {
    assert.equal(sanitizeFilename(`${'/'.repeat(1_000_000)}x.png`), 'x.png');
    assert.equal(sanitizeFilename('.'.repeat(1_000_000)), 'unnamed');
  });
});
