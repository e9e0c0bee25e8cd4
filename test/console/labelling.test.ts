import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { renderPicture } from '../support/pictures.js';
import { TEST_PASSWORD, type TestServer } from '../support/server.js';
import { onStage, Screen } from './browser.js';

const PICTURES = 6;

describe('Labelling with the console, by several labelers', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let requestId: string;
  let admin: Awaited<ReturnType<TestServer['signUp']>>;
  let lena: typeof admin;
  let luis: typeof admin;
  let screen: Screen;
  onStage(async (stage) => {
    ({ browser, server } = stage);
    admin = await server.signUp({ roles: ['ADMIN'] });
    lena = await server.signUp({ roles: ['LABELER'] });
    luis = await server.signUp({ roles: ['LABELER'] });
    for (const [{ user }, name] of [[lena, 'Lena'] as const, [luis, 'Luis'] as const]) {
      await server.db('users').where({ id: user.id }).update({ name, username: name.toLowerCase() });
    }
    const { body } = await server.api('POST', '/requests', {
      token: admin.token,
      json: { title: 'Street signs', classes: ['stop', 'yield'] },
    });
    requestId = body.id as string;
    const form = new FormData();
    for (let seed = 1; seed <= PICTURES; seed++) {
      const bytes = await renderPicture({ seed, width: 96, height: 72 });
      form.append('files', new File([new Uint8Array(bytes)], `${seed}.jpg`));
    }
    await server.api('POST', `/requests/${requestId}/uploads`, { token: admin.token, form });
    // No worker makes previews here, and nothing is to wait for them.
    await server.db('images').update({ thumbnail_failed: true });
  });

  async function as({ user }: typeof admin, path: string): Promise<Screen> {
    const opened = await Screen.open(browser);
    await opened.signIn(server.url, user.email, TEST_PASSWORD);
    await opened.page.goto(`${server.url}/app${path}`);
    return opened;
  }

  async function leave(): Promise<void> {
    assert.deepEqual(screen.faults, []);
    await screen.close();
  }

  it('shares the pictures out, each to as many labelers as is asked for', async () => {
    screen = await as(admin, `/requests/${requestId}/labels`);
    await screen.page.getByText('Nothing labelled yet').waitFor();
    await screen.page.getByText('Choose 1 labeler.').waitFor();
    await screen.field('How many label each picture').selectOption({ label: '2 labelers a picture' });
    await screen.page.getByText('Choose 2 labelers at least, or fewer a picture.').waitFor();
    assert.equal(await screen.button('Share out').isDisabled(), true);
    for (const name of ['Lena', 'Luis']) await screen.page.getByRole('checkbox', { name }).check();
    await screen.page.getByText('About 6 pictures for each labeler, 12 labels in all.').waitFor();
    await screen.assertAccessible('sharing out');
    await screen.button('Share out').click();
    await screen.page.getByText('Shared out: 2 tasks.').waitFor();
    await screen.page.getByRole('cell', { name: 'luis', exact: true }).waitFor();
    await screen.assertAccessible('tasks of a request');
    await leave();
  });

  it('sets known answers by keyboard, one picture after the other, and takes one away', async () => {
    screen = await as(admin, `/requests/${requestId}/gold`);
    await screen.page.getByRole('button', { name: '6.jpg' }).click();
    await screen.page.getByRole('dialog', { name: '6.jpg' }).waitFor();
    await screen.assertAccessible('a known answer');
    await screen.page.keyboard.press('1');
    await screen.button('Save and go on').click();
    await screen.page.getByRole('dialog', { name: '5.jpg' }).waitFor();
    await screen.page.keyboard.press('2');
    await screen.button('Save and go on').click();
    await screen.page.getByRole('dialog', { name: '4.jpg' }).waitFor();
    await screen.page.keyboard.press('Escape');
    await screen.page.getByRole('button', { name: 'With an answer 2' }).click();
    await screen.page.getByRole('button', { name: '5.jpg yield' }).click();
    await screen.assertAccessible('known answers');
    await screen.button('Take the answer away').click();
    await screen.page.getByRole('button', { name: 'With an answer 1' }).waitFor();
    assert.deepEqual(await server.db('gold_answers').pluck('classes'), [['stop']]);
    await leave();
  });

  it('sends a task back with what is wrong, picture by picture, which a reload does not lose', async () => {
    for (const { token } of [lena, luis]) await labelAll(token, 'stop');
    screen = await as(admin, `/requests/${requestId}/labels`);
    await screen.page.getByRole('link', { name: 'Review: Street signs, lena' }).click();
    await screen.heading('Review Street signs').waitFor();
    await screen.page.getByText('Labelled by lena').waitFor();
    await screen.page.keyboard.press('a');
    await screen.page.getByText('2 of 6').waitFor();
    await screen.page.keyboard.press('r');
    await screen.page.keyboard.type('This is a yield sign.');
    await screen.page.keyboard.press('Enter');
    await screen.page.getByText('3 of 6').waitFor();
    await screen.page.keyboard.press('r');
    await screen.page.keyboard.press('Escape');
    await screen.page.keyboard.press('u');
    await screen.page.getByText('2 of 6 judged').waitFor();
    await screen.page.reload();
    await screen.page.getByText('2 of 6 judged').waitFor();
    await screen.assertAccessible('a review');
    await screen.field('Show').selectOption({ label: 'Sent back' });
    await screen.page.getByText('1 of 1').waitFor();
    await screen.button('Finish the review').click();
    await screen.page.getByText(/1 picture is sent back\./).waitFor();
    assert.equal(await screen.button('Accept the task').count(), 0);
    await screen.field('Comment for the labeler').fill('Look at the shapes.');
    await screen.assertAccessible('finishing a review');
    await screen.button('Send the task back').click();
    await screen.page.getByRole('row', { name: /lena.*Sent back/ }).waitFor();
    await leave();
    const reviews = await server
      .db('label_reviews')
      .orderBy('id')
      .select<{ verdict: string; comment: string }[]>('verdict', 'comment');
    assert.deepEqual(reviews, [
      { verdict: 'accepted', comment: '' },
      { verdict: 'returned', comment: 'This is a yield sign.' },
      { verdict: 'returned', comment: 'Look at the shapes.' },
    ]);
  });

  it('shows the labeler what came back first, until he has seen to it', async () => {
    screen = await as(lena, '/tasks');
    await screen.page.getByText('Sent back', { exact: true }).waitFor();
    await screen.page.getByRole('link', { name: 'Look again: Street signs' }).click();
    await screen.page.getByText('Look at the shapes.').waitFor();
    await screen.page.getByText('This is a yield sign.').waitFor();
    await screen.page.getByText('1 picture to look at again').waitFor();
    await screen.assertAccessible('a task that came back');
    await screen.page.keyboard.press('2');
    await screen.page.getByText('All pictures that were sent back are seen to.').waitFor();
    await screen.page.keyboard.press('ArrowLeft');
    await screen.page.getByText('Seen to', { exact: true }).waitFor();
    await screen.page.getByText('All saved').waitFor();
    await screen.button('Finish task').click();
    await screen.page.getByRole('dialog').getByRole('button', { name: 'Finish task' }).click();
    await screen.page.getByText('Done', { exact: true }).waitFor();
    await leave();
  });

  it('accepts it then, and shows what was said, and how good the labels are', async () => {
    screen = await as(admin, '/admin/work');
    await screen.page.getByRole('combobox', { name: 'Review' }).selectOption({ label: 'To review' });
    await screen.page.getByRole('link', { name: 'Review: Street signs, lena' }).click();
    await screen.page.getByText('What was said before').click();
    await screen.page.getByText('Look at the shapes.').waitFor();
    await screen.button('A picture').first().click();
    await screen.page.getByText('Seen to').waitFor();
    await screen.assertAccessible('what was said before');
    await screen.button('Finish the review').click();
    await screen.button('Accept the task').click();
    await screen.page.getByRole('row', { name: /lena.*Accepted/ }).waitFor();
    await screen.page.getByText('6 pictures labelled by two or more').waitFor();
    await screen.page.getByRole('cell', { name: '100% 1 of 1' }).first().waitFor();
    await screen.assertAccessible('the quality of labels');
    await leave();
  });

  async function labelAll(token: string, label: string): Promise<void> {
    const { body: tasks } = await server.api<{ id: string }[]>('GET', '/tasks', { token });
    const id = tasks[0]!.id;
    const { body: task } = await server.api<{ images: { image_id: string }[] }>('GET', `/tasks/${id}`, { token });
    for (const { image_id: imageId } of task.images) {
      await server.api('POST', `/tasks/${id}/labels`, { token, json: { image_id: imageId, labels: [label] } });
    }
    await server.api('POST', `/tasks/${id}/complete`, { token });
  }
});
