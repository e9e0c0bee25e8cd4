import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../support/processes.js';
import { until } from '../support/processes.js';
import { type Answer, Customer, Ground, pictures } from './ground.js';

/** Longer than what graphile-worker and a heartbeat bear by themselves. */
const OUTAGE_MS = 10_000;

describe('a database that stops under load and comes back', function () {
  this.timeout(180_000);

  let ground: Ground;
  let parts: Part[];
  let customer: Customer;
  before(async () => {
    ground = await Ground.lay();
    parts = await Promise.all([
      ground.start('api'),
      ground.start('api'),
      ground.start('worker'),
      ground.start('worker'),
    ]);
    customer = await Customer.signUp(parts[0]!.url);
  });
  after(() => ground.remove());

  it('costs calls a 503 that says when to come again, no picture, no run, and no process its life', async () => {
    const files = await pictures(6);
    assert.equal((await customer.upload(files)).status, 200);
    assert.equal((await customer.call('POST', `/requests/${customer.requestId}/qc/run`)).status, 200);

    const load = new AbortController();
    const answers: Answer[] = [];
    const kept: string[] = [];
    const clients = [
      ...parts
        .slice(0, 2)
        .flatMap(({ url }) => [
          repeatedly(load.signal, async () => void answers.push(await customer.at(url).call('GET', '/requests'))),
          repeatedly(load.signal, async () => void answers.push(await customer.at(url).call('GET', '/readyz'))),
        ]),
      repeatedly(load.signal, async () => {
        const answer = await customer.call('POST', '/requests', { title: 'made under load' });
        if (answer.status === 201) kept.push(answer.body.id as string);
        answers.push(answer);
      }),
    ];
    await sleep(300);
    await ground.stopDatabase();
    const [uploaded] = await Promise.all([customer.upload(await pictures(3, 300)), sleep(OUTAGE_MS)]);
    assert.equal(uploaded.status, 503);
    await ground.startDatabase();

    await until('both APIs are ready again', async () => {
      const found = await Promise.all(parts.slice(0, 2).map(({ url }) => customer.at(url).call('GET', '/readyz')));
      return found.every(({ status }) => status === 200);
    });
    load.abort();
    await Promise.all(clients);

    const refused = answers.filter(({ status }) => status >= 400);
    assert.ok(refused.length > 0);
    const faults = parts.flatMap(({ output }) => output().match(/^.*"request failed".*$/gm) ?? []);
    const unforeseen = faults.filter((line) => line.startsWith('{"level":50'));
    assert.deepEqual([[...new Set(refused.map(({ status }) => status))], unforeseen], [[503], []]);
    for (const { headers, body } of refused.filter((answer) => 'code' in answer.body)) {
      assert.ok(Number(headers.get('Retry-After')) > 0, JSON.stringify(body));
      assert.equal(body.code, 'unavailable');
    }

    const listed = (await customer.call('GET', '/requests?limit=1000')).body as unknown as { id: string }[];
    const ids = new Set(listed.map(({ id }) => id));
    assert.deepEqual(
      kept.filter((id) => !ids.has(id)),
      [],
    );

    await until('the run has ended', async () => {
      const { body } = await customer.call('GET', `/requests/${customer.requestId}/qc/status`);
      return body.status === 'completed';
    });
    await until('no job is left', async () => (await ground.query('select from graphile_worker.jobs')).length === 0);
    const results = (await customer.call('GET', `/requests/${customer.requestId}/qc/results`)).body;
    assert.equal((results as unknown as unknown[]).length, 6);
    assert.equal((await customer.upload(files)).body.skipped, 6);
    const alive = await ground.query('select id from worker_processes');
    assert.equal(alive.length, 2);
    assert.deepEqual(
      parts.map(({ ending }) => ending()),
      [undefined, undefined, undefined, undefined],
    );
  });
});

async function repeatedly(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await act();
    await sleep(20);
  }
}
