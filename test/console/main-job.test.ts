import assert from 'node:assert/strict';
import type { Route } from 'playwright-core';
import sharp from 'sharp';
import { insertPngChunks, renderPicture } from '../support/pictures.js';
import { startTestWorker } from '../support/qc.js';
import type { TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

const ADMIN = { name: 'Ada Lovelace', email: 'ada@example.com', password: 'a long and quiet word' };
const LABELER = { name: 'Lena Labeler', email: 'lena@example.com', password: 'another quiet word' };
const parameters = 'a stop sign in the rain\nSteps: 30, Sampler: Euler a, Seed: 1, Model: sd_xl_base_1.0';

/** Three pictures, a mirrored copy of the first, one that a generator signed, and one that is none. */
async function pictures() {
  const size = { width: 480, height: 360 };
  const [first, second, third, generated] = await Promise.all([
    renderPicture({ seed: 1, ...size }),
    renderPicture({ seed: 2, ...size }),
    renderPicture({ seed: 3, ...size }),
    renderPicture({ seed: 4, ...size, format: 'png' }),
  ]);
  const chunk = { type: 'tEXt', data: Buffer.from(`parameters\0${parameters}`, 'latin1') };
  const files: [name: string, buffer: Buffer, mimeType: string][] = [
    ['first.jpg', first, 'image/jpeg'],
    ['second.jpg', second, 'image/jpeg'],
    ['third.jpg', third, 'image/jpeg'],
    ['first-mirrored.jpg', await sharp(first).flop().resize(400).jpeg({ quality: 75 }).toBuffer(), 'image/jpeg'],
    ['generated.png', insertPngChunks(generated, [chunk]), 'image/png'],
    ['notes.jpg', Buffer.from('not a picture'), 'image/jpeg'],
  ];
  return files.map(([name, buffer, mimeType]) => ({ name, buffer, mimeType }));
}

describe('The console, from the first visit to a finished task', function () {
  this.timeout(60_000);
  let server: TestServer;
  let screen: Screen;
  onStage(async (stage) => {
    ({ server } = stage);
    const worker = startTestWorker(server);
    stage.atEnd(() => worker.stop());
    screen = await Screen.open(stage.browser);
  });
  afterEach(() => {
    const faults = screen.faults.splice(0);
    assert.deepEqual(faults, [], 'nothing went wrong in the page');
  });

  it('explains a fresh installation, and makes whoever comes first its administrator', async () => {
    await screen.page.goto(server.url);
    await screen.heading('Welcome to Assay').waitFor();
    await screen.page.getByText('This is a fresh installation.').waitFor();
    await screen.assertAccessible('the first visit');

    await screen.field('Name').fill(ADMIN.name);
    await screen.field('E-mail').fill(ADMIN.email);
    await screen.field('Password').fill(ADMIN.password);
    await screen.button('Create an account').click();
    await screen.heading('Requests').waitFor();
    await screen.page.getByRole('link', { name: 'Audit log' }).waitFor();
    const { body } = await server.api('GET', '/service/welcome');
    assert.equal(body.awaits_first_admin, false);
    await screen.assertAccessible('requests, of which there are none');
  });

  it('creates a request', async () => {
    await screen.button('New request').first().click();
    await screen.field('Title').fill('Street signs');
    await screen.field('Classes').fill('stop, yield\nlimit');
    await screen.assertAccessible('a new request');
    await screen.button('Create request').click();
    await screen.heading('Street signs').waitFor();
    await screen.page.getByText('limit', { exact: true }).waitFor();
  });

  it('uploads files, and tells of each what became of it', async () => {
    await screen.page
      .locator('input[type=file]')
      .first()
      .setInputFiles(await pictures());
    await screen.page.getByText('5 files uploaded').waitFor();
    await screen.page.getByRole('button', { name: 'Refused 1' }).click();
    const refused = screen.page.getByRole('region', { name: 'Files' }).getByRole('listitem');
    assert.equal(await refused.count(), 1);
    assert.match((await refused.textContent()) ?? '', /notes\.jpg.*not a picture/);
    await screen.page.getByRole('button', { name: /second\.jpg/ }).waitFor();
    await screen.assertAccessible('a request with pictures');
  });

  it('runs quality control, and shows how far it is', async () => {
    await screen.button('Run quality control').click();
    await screen.page.getByText('Completed', { exact: true }).waitFor({ timeout: 45_000 });
    await screen.page.getByText('5 of 5 pictures checked').waitFor();
    await screen.page.getByRole('link', { name: 'See results' }).click();
    await screen.page.getByRole('listbox', { name: 'Results' }).waitFor();
    await screen.assertAccessible('results');
  });

  const options = () => screen.page.getByRole('listbox', { name: 'Results' }).getByRole('option');
  const names = async () =>
    (await options().allTextContents()).map((text) => /[a-z-]+\.(?:jpg|png)/.exec(text)?.[0] ?? text);
  const shown = (button: string) =>
    screen.page.getByRole('button', { name: new RegExp(`^${button} \\d+$`) }).textContent();

  it('flags and sorts by its sliders at once', async () => {
    assert.equal(await shown('Duplicates'), 'Duplicates2');
    assert.equal(await shown('AI-generated'), 'AI-generated1');
    assert.equal((await names()).slice(0, 3).includes('generated.png'), true);

    await screen.page.getByRole('button', { name: /^Duplicates \d/ }).click();
    assert.deepEqual((await names()).sort(), ['first-mirrored.jpg', 'first.jpg']);
    const slider = screen.page.getByRole('slider').first();
    await slider.focus();
    await slider.press('End');
    await screen.page.getByText('None of these').waitFor();
    await screen.page.getByText('You look at other thresholds').waitFor();
    await screen.button('Back to those in force').click();
    await options().first().waitFor();
    await screen.page.getByRole('button', { name: /^All \d/ }).click();
  });

  it('shows a duplicate beside its match, and why a picture was called generated', async () => {
    await options()
      .filter({ hasText: 'first-mirrored.jpg' })
      .click({ position: { x: 90, y: 70 } });
    const dialog = screen.page.getByRole('dialog', { name: 'first-mirrored.jpg' });
    await dialog.getByText('Copy', { exact: true }).waitFor();
    await dialog.getByText('flip').waitFor();
    assert.equal(await dialog.getByRole('img', { name: 'first.jpg' }).count(), 1);
    await screen.assertAccessible('a duplicate beside its match');
    await screen.page.keyboard.press('Escape');

    await options()
      .filter({ hasText: 'generated.png' })
      .click({ position: { x: 90, y: 70 } });
    const generated = screen.page.getByRole('dialog', { name: 'generated.png' });
    await generated.getByText('Generator’s record').waitFor();
    await generated.getByText('text:parameters').first().waitFor();
    // A map that takes longer than the service keeps anybody waiting is asked for again.
    let refusals = 0;
    const refuse = (route: Route) => {
      refusals += 1;
      return route.fulfill({ status: 503 });
    };
    await screen.page.route(/\/ai-heatmap\?/, refuse, { times: 1 });
    await screen.page.keyboard.press('h');
    const map = generated.getByRole('img', { name: 'Heat map of where the picture looks generated' });
    await map.waitFor();
    await screen.page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('.heat-map-layer');
      return image !== null && image.naturalWidth > 0 && image.style.opacity !== '0';
    });
    assert.equal(refusals, 1);
    await screen.assertAccessible('a generated picture with its heat map');
    await screen.page.keyboard.press('Escape');
  });

  it('keeps and rejects by keyboard alone, and undoes', async () => {
    const decided = async (decision: string) => {
      const { body } = await server.api<{ title: string; id: string }[]>('GET', '/requests', { token: await token() });
      const path = `/requests/${body[0]?.id}/qc/results`;
      const results = await server.api<{ filename: string; decision: string | null }[]>('GET', path, {
        token: await token(),
      });
      return results.body.filter((row) => row.decision === decision).map(({ filename }) => filename);
    };
    const toast = (text: string) => screen.page.getByRole('status').getByText(text).first().waitFor();

    await screen.page.getByRole('listbox', { name: 'Results' }).focus();
    await screen.page.keyboard.press('Home');
    const [first, second] = await names();
    await screen.page.keyboard.press('Space');
    await screen.page.keyboard.press('ArrowRight');
    await screen.page.keyboard.press('Space');
    await screen.page.getByText('2 pictures chosen').waitFor();
    await screen.page.keyboard.press('r');
    await toast('2 pictures rejected.');
    assert.deepEqual((await decided('reject')).sort(), [first, second].sort());
    await screen.page.keyboard.press('u');
    await toast('Undone for 2 pictures.');
    assert.deepEqual(await decided('reject'), []);

    await screen.page.keyboard.press('?');
    await screen.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await screen.assertAccessible('the list of keys');
    await screen.page.keyboard.press('Escape');
  });

  it('decides on duplicates in groups', async () => {
    await screen.page.getByRole('link', { name: 'Duplicates', exact: true }).click();
    await screen.page.getByRole('heading', { name: '2 pictures that are one' }).waitFor();
    await screen.page.getByText('most pixels').waitFor();
    await screen.assertAccessible('groups of duplicates');
    await screen.button('Keep the best, reject the others').click();
    await screen.page.getByText('No duplicates here').waitFor();
    await screen.page.getByRole('button', { name: 'Decided', exact: true }).click();
    await screen.page.getByText('Rejected', { exact: true }).waitFor();
  });

  it('makes an export and offers it', async () => {
    await screen.page.getByRole('link', { name: 'Exports' }).click();
    await screen.page.getByRole('radio', { name: /JSON Lines/ }).check();
    await screen.button('Make export').click();
    const link = screen.page.getByRole('link', { name: 'Download' });
    await link.waitFor({ timeout: 30_000 });
    await screen.assertAccessible('exports');
    const answer = await fetch((await link.getAttribute('href')) ?? '');
    const lines = (await answer.text()).trim().split('\n');
    assert.equal(lines.length, 4, 'the rejected one is left out');
  });

  it('makes a labeler and assigns him the request', async () => {
    await screen.page.getByRole('link', { name: 'Users' }).click();
    await screen.button('New user').click();
    await screen.field('Name').fill(LABELER.name);
    await screen.field('E-mail').fill(LABELER.email);
    await screen.field('Password').fill(LABELER.password);
    await screen.page.getByRole('checkbox', { name: /^Labeler/ }).check();
    await screen.assertAccessible('a new user');
    await screen.button('Create user').click();
    await screen.page.getByText(LABELER.email).waitFor();
    await screen.assertAccessible('users');

    await screen.page.getByRole('link', { name: 'Assignments' }).click();
    await screen.button('Assign a request').first().click();
    await screen.field('Request').selectOption({ label: 'Street signs' });
    await screen.field('Labeler').selectOption({ label: `${LABELER.name} (${LABELER.email})` });
    await screen.assertAccessible('an assignment');
    await screen.button('Assign').click();
    await screen.page.getByText('0 of 4 labelled').waitFor();
    await screen.assertAccessible('assignments');
  });

  it('signs out, and lets the labeler label by keyboard and finish', async () => {
    await screen.button('Sign out').click();
    await screen.heading('Sign in').waitFor();
    await screen.assertAccessible('signing in');
    await screen.signIn(server.url, LABELER.email, LABELER.password);
    await screen.heading('Tasks').waitFor();
    await screen.assertAccessible('tasks');
    await screen.page.getByRole('link', { name: 'Start labelling: Street signs' }).click();
    await screen.page.getByText('1 of 4').waitFor();
    await screen.assertAccessible('labelling');

    for (const key of ['1', '2', '2', 'u', '3', '1']) {
      const before = await screen.page.locator('.easel + .row').textContent();
      await screen.page.keyboard.press(key);
      if (key !== '1' || before?.endsWith('1 of 4')) {
        await screen.page.waitForFunction(
          (text) => document.querySelector('.easel + .row')?.textContent !== text,
          before,
        );
      }
    }
    await screen.page.getByText('4 of 4 labelled').waitFor();
    await screen.page.getByText('All saved').waitFor();
    await screen.button('Finish task').first().click();
    const dialog = screen.page.getByRole('dialog', { name: 'Finish task' });
    await dialog.getByText('All pictures are labelled.').waitFor();
    await screen.assertAccessible('finishing a task');
    await dialog.getByRole('button', { name: 'Finish task' }).click();
    await screen.heading('Tasks').waitFor();
    await screen.page.getByText('Done', { exact: true }).waitFor();
    const { rows } = await server.db.raw<{ rows: { classes: string[] }[] }>(
      'select classes from labels order by image_id',
    );
    assert.deepEqual(
      rows.map(({ classes }) => classes),
      [['stop'], ['yield'], ['limit'], ['stop']],
    );
    const { status } = await server.db('requests').first<{ status: string }>('status');
    assert.equal(status, 'completed');
  });

  it('lets the administrator look the labels through, accept them and see how good they are', async () => {
    await screen.button('Sign out').click();
    await screen.heading('Sign in').waitFor();
    await screen.signIn(server.url, ADMIN.email, ADMIN.password);
    await screen.page.getByRole('link', { name: 'Assignments' }).click();
    await screen.page.getByRole('link', { name: `Review: Street signs, ${LABELER.email}` }).click();
    await screen.heading('Review Street signs').waitFor();
    await screen.page.getByText('1 of 4').waitFor();
    await screen.button('Finish the review').click();
    await screen.button('Accept the task').click();
    await screen.page.getByText('Accepted', { exact: true }).waitFor();
    await screen.page.getByRole('cell', { name: new RegExp(LABELER.name) }).waitFor();
    await screen.assertAccessible('the quality of labels');
  });

  /** A second session of the administrator's, to see what the console has done. */
  async function token(): Promise<string> {
    const { body } = await server.api('POST', '/auth/login', {
      json: { username: ADMIN.email, password: ADMIN.password },
    });
    return body.access_token as string;
  }
});
