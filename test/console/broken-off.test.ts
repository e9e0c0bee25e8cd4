import assert from 'node:assert/strict';
import { renderPicture } from '../support/pictures.js';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

const REQUESTS_A_PAGE = 50;
const FILES_A_CALL = 20;

describe('The console, where something breaks off', function () {
  this.timeout(60_000);
  let server: TestServer;
  let screen: Screen;
  let token: string;
  let requestId: string;
  onStage(async (stage) => {
    ({ server } = stage);
    const user = await server.signUp({ roles: ['SUPER_ADMIN'] });
    token = user.token;
    for (let number = 0; number <= REQUESTS_A_PAGE; number++) {
      const { body } = await server.api('POST', '/requests', { token, json: { title: `Signs ${number}` } });
      requestId = body.id as string;
    }
    screen = await Screen.open(stage.browser);
    // No worker makes previews here, and nothing is to wait for them.
    await screen.page.route('**/pictures/**', (route) => route.abort());
    await screen.signIn(server.url, user.user.email, TEST_PASSWORD);
    await screen.heading('Requests').waitFor();
  });

  const refusal = {
    status: 500,
    contentType: 'application/json',
    body: JSON.stringify({ code: 'internal', message: 'Something went wrong on our side.' }),
  };

  it('says below a list that the next page did not come, and reads it when asked again', async () => {
    await screen.page.route('**/trpc/requests.list*', (route) => route.fulfill(refusal));
    await screen.button('Show more').click();
    const note = screen.page.getByRole('main').getByRole('alert');
    await note.getByText('Something went wrong on our side.').waitFor();
    const [table, said] = await Promise.all([screen.page.locator('.table').boundingBox(), note.boundingBox()]);
    assert.ok(table && said && said.y > table.y, 'below what is there');
    await screen.page.unroute('**/trpc/requests.list*');
    await note.getByRole('button', { name: 'Try again' }).click();
    await screen.page.getByRole('link', { name: 'Signs 0', exact: true }).waitFor();
    await note.waitFor({ state: 'detached' });
  });

  it('keeps what an upload has sent when it fails in the middle, and sends the rest when asked again', async () => {
    await screen.visit(`/requests/${requestId}`);
    await screen.page.getByText('No pictures yet').waitFor();
    const files = await Promise.all(
      Array.from({ length: FILES_A_CALL * 2 }, async (_, seed) => ({
        name: `${seed}.jpg`,
        mimeType: 'image/jpeg',
        buffer: await renderPicture({ seed, width: 64, height: 48 }),
      })),
    );
    let calls = 0;
    await screen.page.route('**/trpc/uploads.upload*', async (route) => {
      if (++calls === 1) return route.continue();
      await screen.page.getByText(`Uploading: ${FILES_A_CALL} of ${FILES_A_CALL * 2}`).waitFor();
      return route.fulfill(refusal);
    });
    await screen.page.locator('input[type=file]').first().setInputFiles(files);
    await screen.page.getByText(`${FILES_A_CALL} files uploaded`).waitFor();
    await screen.page.getByRole('button', { name: `Failed ${FILES_A_CALL}` }).click();
    const failed = screen.page.getByRole('region', { name: 'Files' }).getByRole('listitem');
    await failed.getByText('Something went wrong on our side.').first().waitFor();
    await screen.assertAccessible('an upload that failed in the middle');
    await screen.page.unroute('**/trpc/uploads.upload*');
    await screen.button('Retry failed').click();
    await screen.page.getByText(`${files.length} files uploaded`).waitFor();
    const stored = await server.db('images').where({ request_id: requestId }).pluck<string[]>('filename');
    assert.equal(stored.length, files.length);
  });

  it('says so while there is no connection, and no longer', async () => {
    const tell = (name: 'offline' | 'online') =>
      screen.page.evaluate((event) => {
        Object.defineProperty(navigator, 'onLine', { value: event === 'online', configurable: true });
        window.dispatchEvent(new Event(event));
      }, name);
    await tell('offline');
    await screen.page.getByText('There is no connection.').waitFor();
    await tell('online');
    await screen.page.getByText('There is no connection.').waitFor({ state: 'detached' });
  });

  it('shows the rest of the page where a screen’s script does not come', async () => {
    await screen.page.route('**/assets/audit-*.js', (route) => route.abort());
    await screen.page.getByRole('link', { name: 'Audit log' }).click();
    await screen.page.getByRole('heading', { name: 'This screen could not be shown.' }).waitFor();
    await screen.assertAccessible('a screen that did not come');
    await screen.page.getByRole('link', { name: 'Settings' }).click();
    await screen.heading('Settings').waitFor();
    await screen.page.unroute('**/assets/audit-*.js');
  });

  it('speaks English where another language does not come', async () => {
    await screen.page.route('**/assets/ru-*.js', (route) => route.abort());
    await screen.page.getByRole('combobox', { name: 'Language' }).selectOption('ru');
    await screen.page.reload();
    await screen.heading('Settings').waitFor();
    await screen.page.unroute('**/assets/ru-*.js');
    await screen.page.evaluate(() => localStorage.removeItem('assay.language'));
  });

  it('tells of a request that was deleted meanwhile', async () => {
    await screen.page.goto(`${server.url}/app/requests/${requestId}`);
    await screen.button('Run quality control').waitFor();
    const { status } = await server.api('DELETE', `/requests/${requestId}`, { token });
    assert.ok(status < 300);
    await screen.button('Run quality control').click();
    await screen.page.getByText('It may have been deleted, or it is not yours to see.').first().waitFor();
    await screen.page.getByRole('link', { name: 'Results' }).click();
    await screen.page.reload();
    await screen.page.getByText('It may have been deleted, or it is not yours to see.').waitFor();
    await screen.page.getByRole('main').getByRole('link', { name: 'Requests' }).waitFor();
  });
});
