import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

describe('the README', () => {
  const text = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```bash\n(.*?)^```/gms)].map(([, block = '']) => block);

  it('has commands that can be pasted: Bash that parses, without a gap to be filled', () => {
    assert.ok(blocks.length > 15);
    for (const block of blocks) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
      assert.equal(status, 0, `${block}\n${stderr}`);
      const commands = block.replaceAll(/(^|\s)#.*$/gm, '');
      assert.doesNotMatch(commands, /…|<[a-z]+>|\/a\/folder|assay\.example\.com/, block);
    }
  });

  it('sets every variable before it is used', () => {
    const all = blocks.join('\n').replace(/^\w+\(\) .*$/gm, '');
    for (const [, name = ''] of all.matchAll(/\$([A-Z]+)\b/g)) {
      // The shell's own, and what `login` sets.
      if (name === 'PWD' || name === 'TOKEN') continue;
      const set = new RegExp(`(^|[\\s(])${name}(=| in )`, 'm').exec(all);
      assert.ok(set && set.index < all.indexOf(`$${name}`), name);
    }
  });
});
