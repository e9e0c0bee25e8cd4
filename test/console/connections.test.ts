import assert from 'node:assert/strict';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

describe('What the console connects the service with', function () {
  this.timeout(60_000);
  let server: TestServer;
  let screen: Screen;
  onStage(async (stage) => {
    ({ server } = stage);
    const { user } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    screen = await Screen.open(stage.browser);
    await screen.signIn(server.url, user.email, TEST_PASSWORD);
  });
  afterEach(() => assert.deepEqual(screen.faults.splice(0), [], 'nothing went wrong in the page'));

  it('shows a new webhook’s secret once, what was sent to it, and deletes it at the second press', async () => {
    await screen.page.getByRole('link', { name: 'Webhooks' }).click();
    await screen.page.getByText('No webhooks yet').waitFor();
    await screen.button('New webhook').first().click();
    await screen.field('Address').fill('http://127.0.0.1/hook');
    await screen.button('Create webhook').click();
    await screen.page.locator('.field-error').waitFor();
    await screen.field('Address').fill('https://example.com/hook');
    await screen.assertAccessible('a new webhook');
    await screen.button('Create webhook').click();
    const secret = (await screen.page.locator('dialog .notice code').textContent()) ?? '';
    assert.match(secret, /^whsec_/);
    await screen.assertAccessible('a webhook’s secret');
    await screen.button('I have copied it').click();
    assert.equal(await screen.page.getByText(secret).count(), 0);

    await screen.button('Send a test: https://example.com/hook').click();
    await screen.page.getByRole('link', { name: 'Deliveries: https://example.com/hook' }).click();
    await screen.page.getByRole('cell', { name: 'A test' }).waitFor();
    await screen.page.locator('summary').click();
    await screen.page.getByText(/"type":"webhook.test"/).waitFor();
    await screen.assertAccessible('deliveries');
    await screen.page.getByRole('main').getByRole('link', { name: 'Webhooks' }).click();
    await screen.button('Delete: https://example.com/hook').click();
    await screen.button('Press again to delete: https://example.com/hook').click();
    await screen.page.getByText('No webhooks yet').waitFor();
  });

  it('imports a list of known pictures and says which lines it did not understand', async () => {
    await screen.page.getByRole('link', { name: 'Known pictures' }).click();
    await screen.page.getByText('No known pictures yet').waitFor();
    await screen.button('Import a list').first().click();
    const lines = [
      `${'a'.repeat(64)},https://example.com/a.jpg`,
      'nonsense',
      `${'b'.repeat(64)},https://example.com/b.jpg`,
    ];
    const buffer = Buffer.from(lines.join('\n'));
    await screen.page
      .locator('dialog input[type=file]')
      .setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer });
    await screen.page.getByText('2 pictures are new.').waitFor();
    await screen.page.getByText(/^Line 2: /).waitFor();
    await screen.assertAccessible('an import');
    await screen.page.keyboard.press('Escape');
    await screen.page
      .getByRole('cell', { name: /b\.jpg/ })
      .first()
      .waitFor();
    await screen.assertAccessible('known pictures');
    assert.equal((await server.db('reference_images').pluck('source_url')).length, 2);
  });

  it('names organizations, and registers cameras whose passwords nobody reads', async () => {
    await screen.page.getByRole('link', { name: 'Cameras' }).click();
    await screen.page.getByText('A camera belongs to an organization.').waitFor();
    await screen.page.getByRole('main').getByRole('link', { name: 'Organizations' }).click();
    await screen.button('New organization').first().click();
    await screen.field('Name').fill('Clinic');
    await screen.button('Create organization').click();
    await screen.button('Edit: Clinic').click();
    await screen.field('Name').fill('North Clinic');
    await screen.button('Save').click();
    await screen.page.getByRole('cell', { name: 'North Clinic', exact: true }).waitFor();
    await screen.assertAccessible('organizations');

    await screen.page.getByRole('link', { name: 'Cameras' }).click();
    await screen.button('New camera').click();
    await screen.field('Name').fill('Entrance');
    await screen.field('Address of the stream').fill('rtsp://ada:secret@cam.example/live');
    await screen.assertAccessible('a new camera');
    await screen.button('Register camera').click();
    await screen.page.getByRole('cell', { name: /^rtsp:\/\/cam\.example/ }).waitFor();
    assert.doesNotMatch(await screen.page.content(), /secret/);
    await screen.button('Edit: Entrance').click();
    await screen.field('Location').fill('Door');
    await screen.button('Save').click();
    await screen.page.getByText('Door').waitFor();
    await screen.page.getByText('with credentials').waitFor();
    await screen.assertAccessible('cameras');
  });
});
