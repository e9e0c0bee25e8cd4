import assert from 'node:assert/strict';
import { tracked, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { createClient, type QcStatus, statusOf } from '../../client/index.js';
import { router, signedIn } from '../../src/trpc/procedures.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';

const requestInput = z.object({ request_id: z.string() });
const statusAt = (percent: number) =>
  ({ status: percent < 100 ? 'running' : 'completed', percent }) as unknown as QcStatus;

describe('Watching quality control with the typed client', () => {
  const servers: { stop: () => Promise<void> }[] = [];
  let resumedAfter: (string | undefined)[] = [];
  beforeEach(() => (resumedAfter = []));
  after(() => Promise.all(servers.map((server) => server.stop())));

  /** A service whose connections each end after two events, as those of a restarting one do. */
  const events = signedIn
    .input(requestInput.extend({ lastEventId: z.string().nullish() }))
    .subscription(async function* ({ input }) {
      await Promise.resolve();
      resumedAfter.push(input.lastEventId ?? undefined);
      if (input.request_id === 'not mine') throw new TRPCError({ code: 'FORBIDDEN', message: 'Not yours.' });
      const from = Number(input.lastEventId ?? 0);
      for (const step of [from + 1, from + 2]) yield tracked(String(step), statusAt(step * 25));
    });
  const telling = () => router({ qc: router({ events }) });

  /** One that tells nothing of its own accord. */
  const silent = () => {
    let asked = 0;
    const status = signedIn.input(requestInput).query(() => statusAt([25, 25, 50, 100][asked++] ?? 100));
    return router({ qc: router({ status }) });
  };

  async function start(
    app: ReturnType<typeof telling | typeof silent>,
  ): Promise<{ server: TestServer; proxy: FaultyProxy; token: string }> {
    const server = await startTestServer({ router: app });
    const proxy = await startFaultyProxy(server.url);
    servers.push(proxy, server);
    return { server, proxy, token: (await server.signUp()).token };
  }

  const percents = async (watching: AsyncIterable<QcStatus>) => {
    const seen: number[] = [];
    for await (const { percent } of watching) seen.push(percent);
    return seen;
  };

  it('follows the events to the end of the run, over broken connections', async () => {
    const { proxy, token } = await start(telling());
    proxy.fail('qc.events', 'reset');
    const client = createClient({ url: proxy.url, token });
    assert.deepEqual(await percents(client.qc.watch('any')), [25, 50, 75, 100]);
    assert.deepEqual(resumedAfter, [undefined, '2']);
  });

  it('renews the access token for it', async () => {
    const { server, proxy } = await start(telling());
    // This router cannot refresh; the store is where another tab has.
    let access = 'stale';
    const { token } = await server.signUp();
    const credentials = {
      read: () => {
        const tokens = { access, refresh: 'r' };
        access = token;
        return tokens;
      },
      write: () => undefined,
    };
    const client = createClient({ url: proxy.url, credentials });
    assert.deepEqual(await percents(client.qc.watch('any')), [25, 50, 75, 100]);
  });

  it('fails where the caller may not see it', async () => {
    const { proxy, token } = await start(telling());
    const watching = createClient({ url: proxy.url, token }).qc.watch('not mine');
    await assert.rejects(percents(watching), (error) => statusOf(error) === 403);
    assert.equal(resumedAfter.length, 1);
  });

  it('ends without a fault when it is told to stop', async () => {
    const { proxy, token } = await start(telling());
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const { percent } of createClient({ url: proxy.url, token }).qc.watch('any', { signal: stop.signal })) {
      seen.push(percent);
      stop.abort();
    }
    assert.equal(seen[0], 25);
    assert.ok(seen.length <= 2);
  });

  it('asks again and again where there are no events, and yields what changed', async () => {
    const { proxy, token } = await start(silent());
    const client = createClient({ url: proxy.url, token });
    assert.deepEqual(await percents(client.qc.watch('any', { pollEvery: 10 })), [25, 50, 100]);
  });
});
