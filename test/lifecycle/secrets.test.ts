import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadJwtSecret, storageSigningKey } from '../../src/jwt-secret.js';
import { createLog } from '../../src/log.js';

describe('JWT secret', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'assay-secret-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('is made once, though several processes come at a time, and only its owner may read it', async () => {
    const load = () => loadJwtSecret({ jwtSecret: undefined, dataDir });
    const secrets = await Promise.all([1, 2, 3, 4, 5, 6].map(load));
    assert.equal(new Set([...secrets, await load()]).size, 1);
    assert.ok(Buffer.byteLength(secrets[0]!) >= 32);
    assert.equal((await stat(join(dataDir, 'jwt-secret'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(dataDir), ['jwt-secret']);
  });

  it('is the configured one where there is one', async () => {
    const jwtSecret = 'x'.repeat(32);
    assert.equal(await loadJwtSecret({ jwtSecret, dataDir }), jwtSecret);
    assert.deepEqual(await readdir(dataDir), []);
  });

  it('is not what signs storage URLs', () => {
    const secret = 'x'.repeat(32);
    assert.notEqual(storageSigningKey(secret), secret);
    assert.equal(storageSigningKey(secret), storageSigningKey(secret));
  });
});

describe('log', () => {
  const written = (fields: object): string => {
    let text = '';
    createLog('info', { write: (line) => (text += line) }).info(fields, 'event');
    return text;
  };

  it('does not write secrets, wherever they stand', () => {
    const line = written({
      password: 'hidden-1',
      request: { headers: { authorization: 'Bearer hidden-2', 'set-cookie': ['hidden-3'], accept: 'shown' } },
      body: { refresh: 'hidden-4', user: { token: 'hidden-5' } },
    });
    assert.doesNotMatch(line, /hidden/);
    assert.match(line, /shown/);
  });

  it('keeps of an error what describes the fault and not the rows a database quotes', () => {
    const error = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(ann@example.com)' });
    const line = written({ err: error });
    assert.match(line, /duplicate key.*23505/);
    assert.doesNotMatch(line, /ann@example/);
  });
});
