import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { addReferences } from '../../src/features/references/add.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('adding references', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const add = async (references: { source_url: string; pdq: string }[]) => {
    const { token } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const { status, body } = await server.api('POST', '/admin/references', { token, json: { references } });
    return { status, added: body.added, skipped: body.skipped };
  };

  it('takes an address of any characters up to the length allowed, once for each hash', async () => {
    // Hardly compressible, as PostgreSQL would compress it.
    const characters = Array.from({ length: 1900 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)));
    const source_url = `https://example.com/${characters.join('')}`;
    const [one, other] = ['f8'.repeat(32), '1c'.repeat(32)] as [string, string];
    assert.deepEqual(await add([{ source_url, pdq: one }]), { status: 201, added: 1, skipped: 0 });
    const again = [one, other].map((pdq) => ({ source_url, pdq }));
    assert.deepEqual(await add(again), { status: 201, added: 1, skipped: 1 });
  });

  it('takes the same references from two callers at once, in whatever order they are', async () => {
    const { db } = server;
    const { user } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const actor = { id: user.id, roles: ['SUPER_ADMIN'], organizationId: null } as const;
    const caller = { actor, ip: null, userAgent: null, requestId: null };
    const pictures = Array.from({ length: 9 }, (_, index) => ({
      sourceUrl: `https://example.com/${index}`,
      pdq: Buffer.alloc(32, index),
      pdqQuality: 100,
    }));
    const waiting = async () => {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length;
    };
    // Whoever comes to the middle waits there for the end of this transaction.
    const middle = await db.transaction();
    await addReferences(middle, caller, pictures.slice(4, 5));
    const calls = [pictures, pictures.toReversed()].map((order) => addReferences(db, caller, order));
    while ((await waiting()) < 2) await sleep(10);
    await middle.rollback();
    assert.deepEqual((await Promise.all(calls)).sort(), [0, pictures.length]);
  });
});
