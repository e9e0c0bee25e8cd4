import assert from 'node:assert/strict';
import { parseStreamUrl, whyNoStream } from '../../src/features/cameras/stream-url.js';

describe('the address of a stream', () => {
  const harmless = [
    'rtsp://10.0.0.8:554/live/ch1',
    'rtsps://cam.example/stream',
    'https://cam.example/mjpg/video.mjpg?resolution=640x480&fps=25',
    'rtsp://[2001:db8::1]:8554/',
    'rtsp://cam.example/cam/realmonitor?channel=1&subtype=0',
    'rtsp://cam.example/Streaming/Channels/101',
    'rtsp://cam.example/h264Preview_01_main',
    'rtsp://cam.example/axis-media/media.amp?videocodec=h264',
    'rtsp://cam.example/live/ch00_0',
    'rtsp://cam.example/11.sdp',
  ];
  for (const url of harmless) {
    it(`is shown as it is where it holds no secret: ${url}`, () => {
      assert.deepEqual(parseStreamUrl(url), { complete: url, shown: url, hasCredentials: false });
    });
  }

  const secret: [url: string, shown: string][] = [
    ['rtsp://admin:s3cret@cam.example:554/live', 'rtsp://cam.example:554/live'],
    ['https://s3cret@cam.example/a?channel=2', 'https://cam.example/?channel=2'],
    ['rtsp://:s3cret@cam.example/', 'rtsp://cam.example/'],
    ['rtsp://a%40b:p%3As3cret@cam.example/', 'rtsp://cam.example/'],
    ['http://cam.example/video?user=admin&pwd=s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1&token=s3cret&fps=5', 'http://cam.example/video?channel=1&fps=5'],
    ['http://cam.example/video?s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1=s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1;token=s3cret', 'http://cam.example/video'],
    ['http://proxy.example/?channel=rtsp://u:s3cret%40cam', 'http://proxy.example/'],
    ['rtsp://cam.example:554/user=admin_password=s3cret_channel=1_stream=0.sdp', 'rtsp://cam.example:554/'],
    ['rtsp://cam.example/live/admin:s3cret/ch1', 'rtsp://cam.example/live/ch1'],
    ['http://proxy.example/rtsp://u:s3cret%40cam/ch1', 'http://proxy.example/ch1'],
    ['rtsp://cam.example/user/admin/password/s3cret/live', 'rtsp://cam.example/live'],
    ['rtsp://cam.example/login/s3cret', 'rtsp://cam.example/'],
    ['rtsp://cam.example/admin/s3cret/ch1', 'rtsp://cam.example/ch1'],
    ['rtsp://cam.example/%70assword=s3cret', 'rtsp://cam.example/'],
    ['rtsp://cam.example/live%2Fs3cret', 'rtsp://cam.example/'],
    ['rtsp://cam.example/live/s3cret%', 'rtsp://cam.example/live'],
    ['rtsp://cam.example/live-s3cret', 'rtsp://cam.example/'],
    ['rtsp://cam.example/live?channel=s3cret', 'rtsp://cam.example/live'],
    ['rtsp://cam.example/live?%70assword=s3cret&channel=1', 'rtsp://cam.example/live?channel=1'],
  ];
  for (const [url, expected] of secret) {
    it(`is shown without its secret: ${url}`, () => {
      const parsed = parseStreamUrl(url);
      assert.ok(parsed?.hasCredentials);
      assert.doesNotMatch(parsed.shown, /s3cret|admin/);
      assert.equal(parsed.shown, expected);
      assert.match(parsed.complete, /s3cret/);
    });
  }

  it('is shown without numbers that may be a PIN', () => {
    for (const [url, expected] of [
      ['rtsp://cam.example/live/1234', 'rtsp://cam.example/live'],
      ['rtsp://cam.example/password/123/live', 'rtsp://cam.example/live'],
      ['rtsp://cam.example/live?pin=123', 'rtsp://cam.example/live'],
    ] as const) {
      assert.deepEqual(parseStreamUrl(url), { complete: url, shown: expected, hasCredentials: true });
    }
  });

  it('is refused with a word on percent-encoding where a user or password breaks it', () => {
    for (const url of [
      'rtsp://admin:12345/ss@host/live',
      'rtsp://admin:123?ss@host/live',
      'rtsp://admin:123#ss@host/live',
      'rtsp://admin:pass/word@host/live',
      'rtsp://admin:p@ss/w@host/live',
      'http://admin:12345\\ss@host/live',
    ]) {
      assert.equal(parseStreamUrl(url), null, url);
      assert.match(whyNoStream(url) ?? '', /Percent-encode/, url);
    }
    assert.ok(parseStreamUrl('rtsp://admin:12345%2Fss@host/live')?.hasCredentials);
    assert.ok(parseStreamUrl('rtsp://admin:p@ss@host/live')?.hasCredentials);
  });

  it('loses its fragment, which no camera is ever sent', () => {
    assert.equal(parseStreamUrl('http://cam.example/live#s3cret')?.complete, 'http://cam.example/live');
  });

  it('names one of the schemes of streams and a host', () => {
    for (const url of [
      '',
      'cam.example/live',
      'rtsp:',
      'rtsp://',
      'rtsp:///live',
      'rtsp:admin:s3cret@cam.example',
      'ftp://cam.example/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/html,x',
      'rtmp://cam.example/live',
      'rtsp://cam example/',
      'rtsp://cam.example:99999/',
    ]) {
      assert.equal(parseStreamUrl(url), null, url);
    }
  });
});
