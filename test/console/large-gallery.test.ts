import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

const RESULTS = 10_000;

describe('The gallery of ten thousand results', function () {
  this.timeout(60_000);
  let server: TestServer;
  let screen: Screen;
  onStage(async (stage) => {
    ({ server } = stage);
    const { token, user } = await server.signUp();
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Many' } });
    await insertResults(server, body.id as string, user.id);
    screen = await Screen.open(stage.browser);
    await screen.signIn(server.url, user.email, TEST_PASSWORD);
    await screen.page.goto(`${server.url}/app/requests/${body.id as string}/results`);
    await screen.page.getByRole('button', { name: 'All 10,000', exact: true }).waitFor({ timeout: 30_000 });
  });

  it('holds few of them, and scrolls from end to end without a blank row', async () => {
    const looks = await screen.page.evaluate(async () => {
      const found: { top: number; blank: number; cells: number }[] = [];
      const list = document.querySelector('.gallery')!;
      const end = document.documentElement.scrollHeight - window.innerHeight;
      for (let step = 0; step <= 60; step++) {
        window.scrollTo(0, (end * step) / 60);
        for (let frame = 0; frame < 2; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
        // What is seen of the list, sounded every 40 pixels: each place belongs to a cell or to a gap between two.
        const { top, bottom, left } = list.getBoundingClientRect();
        let run = 0;
        let blank = 0;
        for (let y = Math.max(top, 0) + 20; y < Math.min(bottom, window.innerHeight) - 20; y += 10) {
          const covered = document
            .elementsFromPoint(left + 60, y)
            .some((element) => element.matches('[role=option], .bulk-bar'));
          run = covered ? 0 : run + 10;
          blank = Math.max(blank, run);
        }
        found.push({ top: window.scrollY, blank, cells: list.querySelectorAll('[role=option]').length });
      }
      return found;
    });
    assert.ok(new Set(looks.map(({ top }) => top)).size > 50, 'it did scroll');
    assert.deepEqual(
      looks.filter(({ blank }) => blank > 40),
      [],
    );
    assert.ok(Math.max(...looks.map(({ cells }) => cells)) < 150);
  });

  it('goes to the last by one key, and tells where it is', async () => {
    const list = screen.page.getByRole('listbox', { name: 'Results' });
    await list.focus();
    await screen.page.keyboard.press('End');
    const last = list.getByRole('option').last();
    await screen.page.waitForFunction(
      (total) => document.querySelector(`[role=option][aria-posinset="${total}"]`) !== null,
      RESULTS,
    );
    assert.equal(await last.getAttribute('aria-setsize'), String(RESULTS));
    assert.equal(await list.getAttribute('aria-activedescendant'), await last.getAttribute('id'));
  });

  it('follows its sliders', async () => {
    const slider = screen.page.getByRole('slider').nth(1);
    await slider.fill('0.5');
    await screen.page.getByRole('button', { name: 'AI-generated 5,000', exact: true }).waitFor();
    await slider.fill('0.9');
    await screen.page.getByRole('button', { name: 'AI-generated 1,000', exact: true }).waitFor();
  });
});

/** Scores evenly spread; no picture can be shown, which no row may depend on. */
async function insertResults({ db }: TestServer, requestId: string, ownerId: string): Promise<void> {
  const batchId = uuidv7();
  const runId = uuidv7();
  await db('upload_batches').insert({ id: batchId, owner_id: ownerId });
  await db('qc_runs').insert({
    id: runId,
    request_id: requestId,
    started_by: ownerId,
    status: 'completed',
    images_total: RESULTS,
    images_done: RESULTS,
  });
  await db.raw(
    `insert into images (id, request_id, batch_id, owner_id, filename, storage_key, etag, sha256, bytes, content_type,
                         width, height, thumbnail_failed)
     select ('01941f29-7c00-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :requestId, :batchId, :ownerId,
            'picture-' || n || '.jpg', 'images/' || n, 'x', sha256(n::text::bytea), 1000, 'image/jpeg', 640, 480, true
     from generate_series(1, :results) n`,
    { requestId, batchId, ownerId, results: RESULTS },
  );
  await db.raw(
    `insert into qc_results (image_id, request_id, run_id, duplicate_score, ai_generated_score, findings)
     select id, request_id, :runId, 0, (row_number() over (order by id) - 0.5) / :results, '{}'
     from images where request_id = :requestId`,
    { requestId, runId, results: RESULTS },
  );
}
