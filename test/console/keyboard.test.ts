import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { renderPicture } from '../support/pictures.js';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

describe('The console, worked by keys alone', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let screen: Screen;
  let taskId: string;
  onStage(async (stage) => {
    ({ browser, server } = stage);
    const { token, user } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const { body: request } = await server.api('POST', '/requests', {
      token,
      json: { title: 'Street signs', classes: ['stop', 'yield'] },
    });
    const form = new FormData();
    for (const seed of [1, 2]) {
      const bytes = await renderPicture({ seed, width: 96, height: 72 });
      form.append('files', new File([new Uint8Array(bytes)], `${seed}.jpg`));
    }
    await server.api('POST', `/requests/${request.id as string}/uploads`, { token, form });
    const { body: task } = await server.api('POST', '/admin/assign', {
      token,
      json: { request_id: request.id, labeler_username: user.username },
    });
    taskId = task.task_id as string;
    screen = await Screen.open(browser);
    await screen.signIn(server.url, user.email, TEST_PASSWORD);
  });
  afterEach(() => assert.deepEqual(screen.faults.splice(0), [], 'nothing went wrong in the page'));

  /** What the element in focus is called. */
  const focused = () =>
    screen.page.evaluate(() => {
      const element = document.activeElement;
      const label =
        element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0] : null;
      return (label ?? element)?.textContent.trim() ?? '';
    });

  for (const [path, button, field] of [
    ['/requests', 'New request', 'Title'],
    ['/admin/users', 'New user', 'Name'],
    ['/admin/work', 'Assign a request', 'Request'],
    ['/admin/organizations', 'New organization', 'Name'],
    ['/admin/references', 'Import a list', undefined],
    ['/webhooks', 'New webhook', 'Address'],
  ] as const) {
    it(`opens “${button}” at its first field, closes it by Escape, and is back where it was`, async () => {
      await screen.visit(path);
      await screen.button(button).first().focus();
      await screen.page.keyboard.press('Enter');
      const dialog = screen.page.getByRole('dialog', { name: button });
      await dialog.waitFor();
      if (field !== undefined) assert.equal(await focused(), field);
      await screen.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await focused(), button);
    });
  }

  it('labels, several classes a picture, and undoes whatever Caps Lock makes of the key', async () => {
    await screen.visit(`/tasks/${taskId}`);
    await screen.page.getByText('1 of 2').waitFor();
    await screen.field('Several classes a picture').focus();
    await screen.page.keyboard.press('Space');
    const chosen = () => screen.page.locator('.class-button[aria-pressed=true]').allTextContents();
    await screen.page.keyboard.press('1');
    await screen.page.keyboard.press('2');
    assert.deepEqual(await chosen(), ['1stop', '2yield']);
    await screen.page.keyboard.press('U');
    assert.deepEqual(await chosen(), ['1stop']);
    await screen.page.keyboard.press('ArrowRight');
    await screen.page.getByText('2 of 2', { exact: true }).waitFor();
    await screen.page.keyboard.press('2');
    await screen.page.getByText('2 of 2 labelled').waitFor();
    await screen.page.getByText('All saved').waitFor();
    assert.deepEqual(await server.db('labels').orderBy('image_id').pluck('classes'), [['stop'], ['yield']]);

    await screen.button('Finish task').focus();
    await screen.page.keyboard.press('Enter');
    await screen.page.getByRole('dialog', { name: 'Finish task' }).waitFor();
    await screen.page.keyboard.press('1');
    await screen.page.keyboard.press('Escape');
    await screen.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await focused(), 'Finish task');
    assert.deepEqual(await chosen(), ['2yield'], 'keys work on nothing below a dialog');
  });

  it('has its menu on a phone closed by Escape, and is back at the button that opened it', async () => {
    const phone = await Screen.open(browser, { viewport: { width: 390, height: 800 } });
    await phone.page.goto(`${server.url}/app/sign-in`);
    await phone.page.evaluate(
      (session) => localStorage.setItem('assay.session', session ?? ''),
      await screen.page.evaluate(() => localStorage.getItem('assay.session')),
    );
    await phone.page.goto(`${server.url}/app/requests`);
    await phone.heading('Requests').waitFor();
    await phone.button('Menu').focus();
    await phone.page.keyboard.press('Enter');
    await phone.page.getByRole('link', { name: 'Users' }).waitFor();
    await phone.page.keyboard.press('Escape');
    await phone.page.getByRole('link', { name: 'Users' }).waitFor({ state: 'hidden' });
    assert.equal(await phone.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Menu');
    await phone.close();
  });
});
