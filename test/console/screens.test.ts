import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { Browser } from 'playwright-core';
import { Image } from '../../models/image.js';
import { renderPicture } from '../support/pictures.js';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

const languages = {
  en: { requests: 'Requests', title: 'Users' },
  pt: { requests: 'Pedidos', title: 'Usuários' },
  ru: { requests: 'Заказы', title: 'Пользователи' },
};

describe('The screens of the console', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let admin: Awaited<ReturnType<TestServer['signUp']>>;
  onStage(async (stage) => {
    ({ browser, server } = stage);
    admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    await server.api('POST', '/requests', { token: admin.token, json: { title: 'Street signs', classes: ['stop'] } });
    const form = new FormData();
    for (const seed of [1, 2]) {
      const bytes = await renderPicture({ seed, width: 200, height: 150 });
      form.append('images', new File([new Uint8Array(bytes)], `wound-${seed}.jpg`));
    }
    await server.api('POST', '/images/upload', { token: admin.token, form });
  });

  const screens = {
    '/requests': 'Requests',
    '/tasks': 'Tasks',
    '/clinic': 'Clinical images',
    '/clinic/classify': 'Classify',
    '/admin/users': 'Users',
    '/admin/work': 'Assignments',
    '/admin/metrics': 'Metrics',
    '/admin/audit': 'Audit log',
    '/admin/settings': 'Settings',
    '/admin/organizations': 'Organizations',
    '/admin/cameras': 'Cameras',
    '/admin/references': 'Known pictures',
    '/webhooks': 'Webhooks',
    '/admin/system': 'Queue and workers',
    '/account': 'Your account',
    '/no/such/page': 'There is nothing here',
  };

  /** Each with what it shows once its rows are there. */
  async function visitAll(screen: Screen, look: (path: string) => Promise<void>): Promise<void> {
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    for (const [path, title] of Object.entries(screens)) {
      await screen.visit(path);
      await screen.heading(title).waitFor();
      await screen.page.getByText('Loading…').first().waitFor({ state: 'detached' });
      await look(path);
    }
    assert.deepEqual(screen.faults, []);
    await screen.close();
  }

  it('are accessible in the dark, each under a heading of its own', async () => {
    const screen = await Screen.open(browser, { colorScheme: 'dark' });
    await visitAll(screen, (path) => screen.assertAccessible(path));
  });

  it('show a preview once it is made, whenever that is', async () => {
    const { token } = admin;
    const { body: request } = await server.api('POST', '/requests', { token, json: { title: 'Previews' } });
    const requestId = String(request.id);
    const picture = await renderPicture({ seed: 3, width: 200, height: 150 });
    const form = new FormData();
    form.append('files', new File([new Uint8Array(picture)], 'sign.jpg'));
    await server.api('POST', `/requests/${requestId}/uploads`, { token, form });

    const screen = await Screen.open(browser);
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    await screen.visit(`/requests/${requestId}`);
    const cell = screen.page.getByRole('button', { name: /sign\.jpg/ });
    await cell.locator('.picture.missing').waitFor();
    await server.services.storage.put('thumbnails/late', Readable.from([picture]), 'image/webp');
    await Image.query(server.db).where({ requestId }).patch({ thumbnailKey: 'thumbnails/late' });
    await cell.locator('img.picture').waitFor();
    assert.deepEqual(screen.faults, []);
    await screen.close();
  });

  it('fit a phone', async () => {
    const screen = await Screen.open(browser, {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    });
    await visitAll(screen, (path) => screen.assertNoOverhang(path));
  });

  it('are reached by the menu on a phone, which Escape closes', async () => {
    const screen = await Screen.open(browser, {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    });
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    await screen.heading('Requests').waitFor();
    const users = screen.page.getByRole('link', { name: 'Users' });
    assert.equal(await users.isVisible(), false);
    await screen.button('Menu').tap();
    await users.waitFor();
    await screen.assertAccessible('the menu');
    await screen.page.keyboard.press('Escape');
    await users.waitFor({ state: 'hidden' });
    await screen.button('Menu').tap();
    await users.tap();
    await screen.heading('Users').waitFor();
    await users.waitFor({ state: 'hidden' });
    await screen.close();
  });

  for (const [language, { requests, title }] of Object.entries(languages)) {
    it(`speak the browser's language: ${language}`, async () => {
      const screen = await Screen.open(browser, { locale: language });
      await screen.page.goto(server.url);
      await screen.page.locator('input').first().fill(admin.user.email);
      await screen.page.locator('input[type=password]').fill(TEST_PASSWORD);
      await screen.page.locator('button[type=submit]').click();
      await screen.heading(requests).waitFor();
      await screen.page.getByRole('link', { name: title }).click();
      await screen.heading(title).waitFor();
      assert.equal(await screen.page.locator('html').getAttribute('lang'), language);
      assert.equal(await screen.page.title(), `${title} · Assay`);
      await screen.close();
    });
  }

  it('let a clinician classify by number keys, image after image', async () => {
    const screen = await Screen.open(browser);
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    await screen.page.goto(`${server.url}/app/clinic/classify`);
    await screen.page.getByText('2 images wait').waitFor();
    await screen.field('Observations').fill('left heel, 2 cm');
    await screen.heading('Classify').click();
    await screen.page.keyboard.press('2');
    await screen.page.getByText('1 image waits').waitFor();
    await screen.page.keyboard.press('5');
    await screen.page.getByText('Nothing left to classify').waitFor();
    const rows = await server.db('classifications').orderBy('id').select('stage', 'observations');
    assert.deepEqual(rows, [
      { stage: 'stage2', observations: 'left heel, 2 cm' },
      { stage: 'dtpi', observations: '' },
    ]);
    await screen.close();
  });

  it('say what is wrong and what to do when the service is not reached, and go on when it is', async () => {
    const screen = await Screen.open(browser);
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    await screen.heading('Requests').waitFor();
    await screen.page.route('**/trpc/**', (route) => route.abort());
    await screen.page.getByRole('link', { name: 'Audit log' }).click();
    await screen.page.getByText('The service was not reached.').waitFor({ timeout: 40_000 });
    await screen.assertAccessible('an error');
    await screen.page.unroute('**/trpc/**');
    await screen.button('Try again').click();
    await screen.page.getByRole('cell', { name: 'session.started' }).first().waitFor();
    await screen.close();
  });

  it('end with the session, wherever that was ended', async () => {
    const screen = await Screen.open(browser);
    await screen.signIn(server.url, admin.user.email, TEST_PASSWORD);
    await screen.heading('Requests').waitFor();
    await server.db('sessions').update({ revoked_at: new Date() });
    await screen.page.getByRole('link', { name: 'Audit log' }).click();
    await screen.heading('Sign in').waitFor();
    assert.equal(await screen.page.evaluate(() => localStorage.getItem('assay.session')), null);
    await screen.close();
  });
});
