import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestServer, type TestServer } from '../support/server.js';
import { fileOf, formOf, small } from '../uploads/uploader.js';

/** A bucket that may be told how to fail. */
class FailingBucket {
  answer: RequestListener = (_request, response) => void response.writeHead(200).end();
  /** Keys under which a whole object was taken. */
  readonly kept = new Set<string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      this.answer(request, response);
    });
  }

  static async open(): Promise<FailingBucket> {
    const bucket = new FailingBucket();
    await once(bucket.#server.listen(0, '127.0.0.1'), 'listening');
    return bucket;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('a storage that fails', () => {
  const environment = { ...process.env };
  let bucket: FailingBucket;
  let server: TestServer;
  let token: string;
  let path: string;
  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    bucket = await FailingBucket.open();
    server = await startTestServer({ env: { STORAGE_URL: `s3://pictures?endpoint=${bucket.url}&timeout=0.4` } });
    ({ token } = await server.signUp());
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
    path = `/requests/${body.id as string}/uploads`;
  });
  after(async () => {
    bucket.close();
    await server.stop();
    process.env = environment;
  });

  const upload = async () => server.api('POST', path, { token, form: formOf(fileOf('a.jpg', await small(1))) });

  const ways: [string, RequestListener][] = [
    ['answers 500', (_request, response) => void response.writeHead(500).end()],
    ['answers 503 to all', (_request, response) => void response.writeHead(503).end()],
    ['hangs up', (request) => void request.socket.destroy()],
    ['never answers', () => undefined],
    [
      'stops in mid-answer',
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': 10 }).flushHeaders();
      },
    ],
  ];
  for (const [way, answer] of ways) {
    it(`and ${way} costs the call a 503 with a sentence, and leaves no image`, async () => {
      bucket.answer = answer;
      const { status, headers, body } = await upload();
      assert.equal(status, 503, JSON.stringify(body));
      assert.ok(Number(headers.get('Retry-After')) > 0);
      assert.match(body.message as string, /The storage does not answer/);
      assert.equal(body.code, 'unavailable');
      assert.deepEqual((await server.api('GET', path, { token })).body, []);
    });
  }

  const endings: Record<string, (response: ServerResponse) => unknown> = {
    'breaks off': (response) => response.destroy(),
    'falls silent': () => undefined,
  };
  for (const [seed, [way, end]] of Object.entries(endings).entries()) {
    it(`and ${way} in the midst of a picture costs the call a 503, which can be made again`, async () => {
      const picture = await small(10 + seed);
      const copied = '<CopyObjectResult><ETag>"1"</ETag></CopyObjectResult>';
      let works = false;
      bucket.answer = ({ method }, response) => {
        if (method === 'PUT') response.end(copied);
        else if (method === 'DELETE') response.writeHead(204).end();
        else {
          response.writeHead(200, { 'Content-Length': picture.length, ETag: '"1"' });
          if (method === 'HEAD') response.end();
          else if (works) response.end(picture);
          else response.write(picture.subarray(0, picture.length / 2), () => end(response));
        }
      };
      const requestId = path.split('/')[2];
      const announced = { request_id: requestId, files: [{ filename: 'a.jpg', content_type: 'image/jpeg' }] };
      const presigned = await server.api('POST', '/uploads/presign', { token, json: announced });
      const { uploads } = presigned.body as unknown as { uploads: { filename: string; key: string }[] };
      const report = { token, json: { request_id: requestId, uploaded: uploads } };
      const refused = await server.api('POST', '/uploads/complete', report);
      assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable'], JSON.stringify(refused.body));
      assert.match(refused.body.message as string, /The storage does not answer/);
      works = true;
      const taken = await server.api('POST', '/uploads/complete', report);
      assert.deepEqual([taken.status, taken.body.uploaded], [200, 1], JSON.stringify(taken.body));
    });
  }

  it('and is full costs the call a 507', async () => {
    bucket.answer = (_request, response) =>
      void response
        .writeHead(507, { 'Content-Type': 'application/xml' })
        .end('<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>');
    const { status, body } = await upload();
    assert.deepEqual([status, body.code], [507, 'storage_full']);
  });

  it('and cannot be reached costs the call a 503', async () => {
    const elsewhere = await startTestServer({
      sharing: server,
      env: { STORAGE_URL: 's3://pictures?endpoint=http://127.0.0.1:1' },
    });
    const answer = await elsewhere.api('POST', path, { token, form: formOf(fileOf('a.jpg', await small(1))) });
    await elsewhere.stop();
    assert.deepEqual([answer.status, answer.body.code], [503, 'unavailable']);
    assert.match(answer.body.message as string, /storage/);
  });

  it('and works again takes the same upload', async () => {
    bucket.answer = (_request, response) => void response.writeHead(200, { ETag: '"a"' }).end();
    const { status, body } = await upload();
    assert.deepEqual([status, body.uploaded], [200, 1]);
  });
});
