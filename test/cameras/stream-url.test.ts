import assert from 'node:assert/strict';
import { openUrl, sealingKey, sealUrl } from '../../src/features/cameras/sealed-url.js';
import { parseStreamUrl } from '../../src/features/cameras/stream-url.js';

describe('the address of a stream', () => {
  const harmless = [
    'rtsp://10.0.0.8:554/live/ch1',
    'rtsps://cam.example/stream',
    'https://cam.example/mjpg/video.mjpg?resolution=640x480&fps=25',
    'rtsp://[2001:db8::1]:8554/',
    'rtsp://cam.example/cam/realmonitor?channel=1&subtype=0',
  ];
  for (const url of harmless) {
    it(`is shown as it is where it holds no secret: ${url}`, () => {
      assert.deepEqual(parseStreamUrl(url), { complete: url, shown: url, hasCredentials: false });
    });
  }

  const secret: [url: string, shown: string][] = [
    ['rtsp://admin:s3cret@cam.example:554/live', 'rtsp://cam.example:554/live'],
    ['https://s3cret@cam.example/a?channel=2', 'https://cam.example/a?channel=2'],
    ['rtsp://:s3cret@cam.example/', 'rtsp://cam.example/'],
    ['rtsp://a%40b:p%3As3cret@cam.example/', 'rtsp://cam.example/'],
    ['http://cam.example/video?user=admin&pwd=s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1&token=s3cret&fps=5', 'http://cam.example/video?channel=1&fps=5'],
    ['http://cam.example/video?s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1=s3cret', 'http://cam.example/video'],
    ['http://cam.example/video?channel=1;token=s3cret', 'http://cam.example/video'],
    ['http://proxy.example/?channel=rtsp://u:s3cret@cam', 'http://proxy.example/'],
    ['rtsp://cam.example:554/user=admin_password=s3cret_channel=1_stream=0.sdp', 'rtsp://cam.example:554/'],
    ['rtsp://cam.example/live/admin:s3cret/ch1', 'rtsp://cam.example/live/ch1'],
    ['http://proxy.example/rtsp://u:s3cret@cam/ch1', 'http://proxy.example/ch1'],
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

  it('loses its fragment, which no camera is ever sent', () => {
    assert.equal(parseStreamUrl('http://cam.example/a#s3cret')?.complete, 'http://cam.example/a');
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

describe('a sealed address', () => {
  const [key, url] = [sealingKey('a secret of 32 bytes and more, made up'), 'rtsp://admin:s3cret@cam.example/'];

  it('opens with its key for its camera, and reads the same to nobody else', () => {
    const sealed = sealUrl(key, 'one camera', url);
    assert.equal(openUrl(key, 'one camera', sealed), url);
    assert.ok(!sealed.includes('s3cret'));
    assert.notDeepEqual(sealUrl(key, 'one camera', url), sealed);
    assert.equal(openUrl(key, 'another camera', sealed), null);
    assert.equal(openUrl(sealingKey('another secret, 32 bytes and more too'), 'one camera', sealed), null);
  });

  it('does not open once it was tampered with', () => {
    const sealed = sealUrl(key, 'one camera', url);
    for (const at of [0, 12, sealed.length - 1]) {
      const tampered = Buffer.from(sealed);
      tampered[at] = tampered[at]! ^ 1;
      assert.equal(openUrl(key, 'one camera', tampered), null);
    }
    assert.equal(openUrl(key, 'one camera', sealed.subarray(0, 20)), null);
  });
});
