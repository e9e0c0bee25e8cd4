import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import sharp from 'sharp';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter, type ExampleRouter } from './example-router.js';

describe('Multipart calls', () => {
  let server: TestServer;
  let token: string;
  let picture: Blob;
  before(async () => {
    server = await startTestServer({ router: exampleRouter });
    ({ token } = await server.signUp());
    const pixels = { width: 8, height: 8, channels: 3, background: 'teal' } as const;
    picture = new Blob([new Uint8Array(await sharp({ create: pixels }).png().toBuffer())]);
  });
  after(() => server.stop());

  function form(fields: Record<string, string>, files = 1): FormData {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    for (let index = 0; index < files; index++) data.append('files', picture, `${index}.png`);
    return data;
  }

  const storedFiles = async () => {
    const entries = await readdir(join(server.services.config.dataDir, 'storage'), {
      recursive: true,
      withFileTypes: true,
    });
    return entries.filter((entry) => entry.isFile()).length;
  };

  const client = () =>
    createTRPCClient<ExampleRouter>({
      links: [httpLink({ url: `${server.url}/trpc`, headers: { Authorization: `Bearer ${token}` } })],
    });
  /** The form says the input, which is more than its type can tell. */
  const asInput = (data: FormData) => data as unknown as { id: string };

  describe('over REST', () => {
    it('bring text fields as input and files to storage; the path wins over fields, fields over the query', async () => {
      const { status, body } = await server.api('POST', '/api/things/7/files/?note=query&id=query', {
        token,
        form: form({ note: 'field', id: 'field' }, 2),
      });
      assert.equal(status, 200);
      assert.deepEqual(body, { id: '7', note: 'field', stored: 2, rejected: 0 });
    });

    it('of JSON or nothing at all are told to be multipart', async () => {
      for (const body of [{ json: { id: '7', stored: [{ key: 'forged' }] } }, {}]) {
        const { status, body: answer } = await server.api('POST', '/things/7/files', { token, ...body });
        assert.equal(status, 400);
        assert.match(String(answer.message), /multipart\/form-data/);
      }
    });

    it('by a stranger, or about what is not his, are answered before the files are read', async () => {
      for (const [path, caller, expected] of [
        ['/things/7/files', undefined, 401],
        ['/things/foreign/files', token, 404],
      ] as const) {
        const headers = {
          'Content-Type': 'multipart/form-data; boundary=x',
          ...(caller && { Authorization: `Bearer ${caller}` }),
        };
        const upload = request(server.url + path, { method: 'POST', headers });
        // The form never ends: an answer can only come without it.
        upload.write('--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nstill sending');
        const [response] = (await once(upload, 'response')) as [IncomingMessage];
        assert.equal(response.statusCode, expected);
        assert.equal(
          ((await json(response)) as { code: string }).code,
          expected === 401 ? 'unauthenticated' : 'not_found',
        );
        upload.destroy();
      }
    });
  });

  describe('by a typed client', () => {
    it('answer as any other procedure', async () => {
      const before = await storedFiles();
      const answer = await client().files.send.mutate(asInput(form({ id: '7', note: 'typed' }, 3)));
      assert.deepEqual(answer, { id: '7', note: 'typed', stored: 3, rejected: 0 });
      assert.equal(await storedFiles(), before + 3);
    });

    it('fail as any other procedure', async () => {
      const faults: [FormData, status: number, code: string][] = [
        [form({ id: 'foreign' }), 404, 'not_found'],
        [form({}), 400, 'invalid'],
      ];
      const before = await storedFiles();
      for (const [data, status, code] of faults) {
        await assert.rejects(client().files.send.mutate(asInput(data)), (error) => {
          assert.ok(error instanceof TRPCClientError);
          const { data: fault } = error as TRPCClientError<ExampleRouter>;
          assert.equal(fault?.httpStatus, status);
          assert.equal(fault.code, code);
          return true;
        });
      }
      assert.equal(await storedFiles(), before);
    });

    it('of JSON are told to be multipart', async () => {
      await assert.rejects(client().files.send.mutate({ id: '7' }), /multipart\/form-data/);
    });

    it('to a procedure that takes no files are refused', async () => {
      await assert.rejects(
        client().things.create.mutate(form({ title: 'Signs' }) as unknown as { title: string }),
        (error) =>
          error instanceof TRPCClientError && (error as TRPCClientError<ExampleRouter>).data?.httpStatus === 400,
      );
    });
  });
});
