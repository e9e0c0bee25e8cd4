import assert from 'node:assert/strict';
import { truncate } from '../support/pictures.js';
import { small, Uploader } from './uploader.js';

describe('a presigned address that has served', () => {
  let customer: Uploader;

  beforeEach(async () => {
    customer = await Uploader.start();
  });
  afterEach(() => customer.stop());

  interface Presigned {
    url: string;
    headers: Record<string, string>;
    key: string;
  }

  const presign = async (): Promise<Presigned> => {
    const json = { request_id: customer.requestId, files: [{ filename: 'a.jpg', content_type: 'image/jpeg' }] };
    const { token } = customer;
    const { body } = await customer.server.api<{ uploads: Presigned[] }>('POST', '/uploads/presign', { token, json });
    return body.uploads[0] ?? assert.fail('nothing was signed');
  };

  const put = ({ url, headers }: Presigned, bytes: Buffer) =>
    fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });

  const complete = ({ key }: Presigned) =>
    customer.server.api('POST', '/uploads/complete', {
      token: customer.token,
      json: { request_id: customer.requestId, uploaded: [{ filename: 'a.jpg', key }] },
    });

  for (const [outcome, bytes] of [
    ['became an image', () => small(1)],
    ['was refused', async () => truncate(await small(1))],
  ] as const) {
    it(`takes no second file once the first ${outcome}`, async () => {
      const upload = await presign();
      assert.equal((await put(upload, await bytes())).status, 200);
      await complete(upload);
      const before = await customer.storedFiles();
      const answer = await put(upload, await small(2));
      const body = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([answer.status, body.code], [409, 'conflict']);
      assert.match(String(body.message), /ask for a new one/);
      assert.deepEqual(await customer.storedFiles(), before);
    });
  }
});
