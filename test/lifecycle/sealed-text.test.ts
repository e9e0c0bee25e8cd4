import assert from 'node:assert/strict';
import { openText, sealingKey, sealText } from '../../src/sealed-text.js';

describe('a sealed text', () => {
  const SECRET = 'a secret of 32 bytes and more, made up';
  const key = sealingKey(SECRET, 'cameras');
  const plain = 'rtsp://admin:s3cret@cam.example/';

  it('opens with its key for its row, and reads the same to nobody else', () => {
    const sealed = sealText(key, 'one row', plain);
    assert.equal(openText(key, 'one row', sealed), plain);
    assert.ok(!sealed.includes('s3cret'));
    assert.notDeepEqual(sealText(key, 'one row', plain), sealed);
    assert.equal(openText(key, 'another row', sealed), null);
    for (const other of [
      sealingKey('another secret, 32 bytes and more too', 'cameras'),
      sealingKey(SECRET, 'webhooks'),
    ]) {
      assert.equal(openText(other, 'one row', sealed), null);
    }
  });

  it('does not open once it was tampered with', () => {
    const sealed = sealText(key, 'one row', plain);
    for (const at of [0, 12, sealed.length - 1]) {
      const tampered = Buffer.from(sealed);
      tampered[at] = tampered[at]! ^ 1;
      assert.equal(openText(key, 'one row', tampered), null);
    }
    assert.equal(openText(key, 'one row', sealed.subarray(0, 20)), null);
  });
});
