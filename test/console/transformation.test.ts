import assert from 'node:assert/strict';
import { en } from '../../console/src/i18n/en.js';
import { pt } from '../../console/src/i18n/pt.js';
import { ru } from '../../console/src/i18n/ru.js';
import { readStep } from '../../console/src/screens/results/transformation.js';
import { ORIENTATIONS } from '../../workers/match/pair-match.js';

describe('What was done to a duplicate, as the console words it', () => {
  const plain = ['border', 'border removed', 'aspect', 'inverted', 'brightness', 'contrast', 'grey', 'colour', 'blur'];
  const steps = [...ORIENTATIONS.filter((name) => name !== 'upright'), ...plain, 'sharpen', 'caption', 'recompressed'];

  for (const step of [...steps, 'rotate 7°', 'crop 12 %', 'uncrop 3 %']) {
    it(`has words of every language for “${step}”`, () => {
      const key = readStep(step)?.key;
      assert.ok(key);
      for (const messages of [en, pt, ru]) assert.match(messages[key], /\S/);
      assert.notEqual(pt[key], en[key]);
      assert.notEqual(ru[key], en[key]);
    });
  }

  it('reads how much', () => {
    assert.deepEqual(readStep('crop 12 %'), { key: 'stepCrop', figure: 12 });
    assert.deepEqual(readStep('uncrop 3 %'), { key: 'stepUncrop', figure: 3 });
    assert.deepEqual(readStep('rotate 7°'), { key: 'stepRotate', figure: 7 });
    assert.deepEqual(readStep('rotate270'), { key: 'stepRotate', figure: 270 });
  });

  it('leaves alone what it does not know', () => {
    for (const text of [
      '',
      'melted',
      'crop',
      'crop some %',
      'flip 3 %',
      'constructor',
      'toString 1',
      'crop 12 % twice',
    ]) {
      assert.equal(readStep(text), undefined, text);
    }
  });
});
