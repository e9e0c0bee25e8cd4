import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { DERIVATIONS_AT_A_TIME } from '../../src/features/auth/derive-key.js';
import { verifyPassword } from '../../src/features/auth/password.js';
import { DomainError } from '../../src/errors.js';

describe('Many passwords at a time', () => {
  const nobodys = `${'A'.repeat(43)}=`;
  const checkMany = (count: number, iterations: number) =>
    Array.from({ length: count }, () => verifyPassword('x', `pbkdf2_sha256$${iterations}$salt$${nobodys}`));

  it('leave threads for reading files', async () => {
    let checked = 0;
    const checks = checkMany(12, 600_000).map((check) => check.then(() => checked++));
    await readFile(import.meta.filename);
    const checkedBefore = checked;
    await Promise.all(checks);
    assert.ok(checkedBefore < 4, `the file had to wait for ${checkedBefore} passwords`);
  });

  it('wait up to a bound, beyond which the caller is told to come again', async () => {
    const outcomes = await Promise.allSettled(checkMany(210, 1));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 210 - 200 - DERIVATIONS_AT_A_TIME);
    for (const { reason } of refused) {
      assert.ok(reason instanceof DomainError);
      assert.equal(reason.kind, 'unavailable');
      assert.ok(Number(reason.retryAfter) > 0);
    }
    assert.equal(await verifyPassword('x', `pbkdf2_sha256$1$salt$${nobodys}`), false);
  });
});
