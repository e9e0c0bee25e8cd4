import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadLimits } from '../../src/config.js';
import { DomainError, forbidden } from '../../src/errors.js';
import { pngClaiming, renderPicture, truncate } from '../support/pictures.js';
import { type DiskFixture, diskStorage } from '../storage/storage-fixtures.js';
import { answerOf, BOUNDARY, field, file, form, MultipartServer, part } from './multipart-calls.js';

const MIB = 1024 * 1024;
const limits: UploadLimits = { maxFileBytes: MIB, maxFilesPerUpload: 4, maxImagePixels: 1_000_000 };

describe('reception of multipart calls', () => {
  let storage: DiskFixture;
  let server: MultipartServer;
  let jpeg: Buffer;
  let png: Buffer;

  before(async () => {
    jpeg = await renderPicture({ seed: 1, width: 320, height: 240 });
    png = await renderPicture({ seed: 2, width: 320, height: 240, format: 'png' });
  });
  beforeEach(async () => {
    storage = await diskStorage();
    server = await MultipartServer.start(storage.storage, limits);
  });
  afterEach(async () => {
    server.close();
    await storage.close();
  });

  const nothingStored = async () => assert.deepEqual(await storage.files(), []);

  it('stores the pictures under keys of its own and tells what they are', async () => {
    const { status, body } = await server.call(form(file('one.jpg', jpeg), file('two.jpg', png)));
    assert.equal(status, 200);
    assert.deepEqual(body.rejected, []);
    for (const [index, content] of [jpeg, png].entries()) {
      const { key, etag, ...facts } = body.stored[index]!;
      assert.match(key, /^received\/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/);
      assert.deepEqual(facts, {
        filename: ['one.jpg', 'two.jpg'][index],
        contentType: ['image/jpeg', 'image/png'][index],
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        width: 320,
        height: 240,
      });
      const object = await storage.storage.open(key);
      assert.equal(object.etag, etag);
      assert.ok(content.equals(await buffer(object.stream)));
    }
    assert.equal((await storage.files()).length, 2);
  });

  it('keeps the good files of a call and names the others with their reasons, in the order sent', async () => {
    const sent = form(
      file('drawing.jpg', '<svg xmlns="http://www.w3.org/2000/svg"/>'),
      file('good.jpg', jpeg),
      file('empty.jpg', ''),
      file('cut.png', truncate(png)),
      file('lost.jpg', jpeg, 'attachments'),
    );
    const { status, body } = await server.call(sent);
    assert.equal(status, 200);
    assert.deepEqual(
      body.stored.map(({ filename }) => filename),
      ['good.jpg'],
    );
    assert.deepEqual(
      body.rejected.map(({ filename, code }) => [filename, code]),
      [
        ['drawing.jpg', 'unsupported_format'],
        ['empty.jpg', 'empty'],
        ['cut.png', 'truncated'],
        ['lost.jpg', 'unexpected_field'],
      ],
    );
    assert.equal((await storage.files()).length, 1);
  });

  const unreadable: Record<string, Buffer> = {
    'a control character in its name': file('a\x07b.jpg', 'x'),
    'a NUL in its name': file('a\0b.jpg', 'x'),
    'a header that is none': part('no header at all\x01', 'x'),
    'no header': Buffer.from(`--${BOUNDARY}\r\n\r\nx\r\n`),
    'a header without end': part(`X: ${'x'.repeat(20_000)}`, 'x'),
  };
  for (const [what, broken] of Object.entries(unreadable)) {
    it(`keeps the files around a part with ${what}, however it arrives`, async () => {
      const sent = form(file('one.jpg', jpeg), broken, broken, file('two.png', png));
      const call = server.open({ 'Content-Length': sent.length });
      for (let at = 0; at < sent.length; at += 4000) {
        call.write(sent.subarray(at, at + 4000));
        await sleep(0);
      }
      for (const { status, body } of [await answerOf(call), await server.call(sent)]) {
        assert.equal(status, 200);
        assert.deepEqual(
          body.stored.map(({ filename, bytes }) => [filename, bytes]),
          [
            ['one.jpg', jpeg.length],
            ['two.png', png.length],
          ],
        );
        assert.deepEqual(
          body.rejected.map(({ code, message }) => [code, /file \d/.exec(message)?.[0]]),
          [
            ['unreadable_part', 'file 2'],
            ['unreadable_part', 'file 3'],
          ],
        );
      }
    });
  }

  it('rejects a file over the limit and goes on with the next', async () => {
    const large = Buffer.concat([jpeg, Buffer.alloc(2 * MIB)]);
    const claiming = pngClaiming(16_000, 16_000);
    const sent = form(file('large.jpg', large), file('wide.png', claiming), file('good.jpg', jpeg));
    const { body } = await server.call(sent);
    assert.deepEqual(
      body.rejected.map(({ code }) => code),
      ['too_large', 'too_many_pixels'],
    );
    assert.equal(body.stored.length, 1);
    assert.equal((await storage.files()).length, 1);
  });

  it('takes as many files as allowed and rejects those beyond', async () => {
    const names = ['1', '2', '3', '4', '5', '6'];
    const { body } = await server.call(form(...names.map((name) => file(name, jpeg))));
    assert.deepEqual([body.stored.length, body.rejected.map(({ code }) => code)], [4, Array(2).fill('too_many_files')]);
  });

  it('takes a form without files, and file inputs left empty', async () => {
    const { status, body } = await server.call(form(field('note', 'none today'), file('', '')));
    assert.deepEqual([status, body], [200, { stored: [], rejected: [] }]);
  });

  it('leaves the files in the network until the procedure asks for them', async () => {
    server.procedure = async (receiver, socket) => {
      const fields = await receiver.fields();
      await sleep(100);
      const readBefore = socket.bytesRead;
      const files = await receiver.receive({ fields: ['files'], keyPrefix: 'received' });
      return { ...files, note: fields.note, readBefore };
    };
    const bodies = Array.from({ length: 4 }, (_, index) =>
      file(`${index}.jpg`, Buffer.concat([jpeg, Buffer.alloc(MIB / 2)])),
    );
    const sent = form(field('note', 'before'), ...bodies, field('late', 'after'));
    const body = (await server.call(sent)).body as unknown as { stored: unknown[]; note: string; readBefore: number };
    assert.equal(body.stored.length, 4);
    assert.equal(body.note, 'before');
    assert.ok(body.readBefore < sent.length / 2, `read ${body.readBefore} of ${sent.length} bytes`);
  });

  it('hands over text fields as plain strings, whatever they are called', async () => {
    server.procedure = async (receiver) => {
      const fields = await receiver.fields();
      assert.equal(Object.getPrototypeOf(fields), null);
      return { names: Object.keys(fields), fields: { ...fields } };
    };
    const sent = form(field('a', 'first'), field('a', 'ümläut'), field('__proto__', 'x'), field('constructor', 'y'));
    const { body } = (await server.call(sent)) as unknown as {
      body: { names: string[]; fields: Record<string, string> };
    };
    assert.deepEqual(body.names, ['a', 'constructor']);
    assert.equal(body.fields.a, 'ümläut');
  });

  const oddForms: Record<string, Buffer> = {
    'too many text fields': form(...Array.from({ length: 51 }, (_, index) => field(`f${index}`, 'x'))),
    'a text field that is too long': form(field('note', 'x'.repeat(65 * 1024))),
    'a name that is too long': form(field('n'.repeat(101), 'x')),
    'a nested name': form(field('a[b][c]', 'x')),
    'a list of a billion': form(field('a[1000000000]', 'x')),
    'a field without a name': form(part('Content-Disposition: form-data', 'x')),
    'no boundary in it': Buffer.from('no form at all'),
    'no end': file('one.jpg', truncate(Buffer.alloc(1000))),
  };
  for (const [what, sent] of Object.entries(oddForms)) {
    it(`refuses a form with ${what}`, async () => {
      const { status, body } = await server.call(sent);
      assert.deepEqual([status, body.code], [400, 'invalid']);
      await nothingStored();
    });
  }

  it('refuses what is no form', async () => {
    for (const type of ['application/json', 'multipart/mixed; boundary=x', 'multipart/form-data', 'image/jpeg']) {
      const { status, body } = await server.call(jpeg, { 'Content-Type': type });
      assert.deepEqual([status, body.code], [400, 'invalid'], type);
    }
  });

  const names: [sent: string, shown: string][] = [
    ['../../../etc/passwd', 'passwd'],
    ['..\\\\..\\\\evil.jpg', 'evil.jpg'],
    ['写真.jpg', '写真.jpg'],
    [`${'n'.repeat(10_000)}.jpg`, `${'n'.repeat(251)}.jpg`],
    ['a%22b%0D%0Ac.jpg', 'a"bc.jpg'],
  ];
  for (const [sent, shown] of names) {
    it(`stores ${sent.slice(0, 30)} under a key that does not depend on it`, async () => {
      const { body } = await server.call(form(file(sent, jpeg)));
      assert.equal(body.stored[0]?.filename, shown);
      assert.match(body.stored[0].key, /^received\/[0-9a-f-]{36}$/);
    });
  }

  it('shows no NUL in a name that smuggles one in', async () => {
    const smuggled = part(`Content-Disposition: form-data; name="files"; filename*=UTF-8''a%00b.jpg`, jpeg);
    const { body } = await server.call(form(smuggled));
    assert.equal(body.stored[0]?.filename, 'ab.jpg');
  });

  describe('over the limit as a whole', () => {
    const most = limits.maxFilesPerUpload * (limits.maxFileBytes + 1024) + MIB;

    it('refuses by the announced length, before anything is read', async () => {
      for (const length of [most + 1, 10 * 2 ** 32 + 1]) {
        const call = server.open({ 'Content-Length': length });
        call.on('error', () => undefined);
        call.flushHeaders();
        const { status, body } = await answerOf(call);
        assert.deepEqual([status, body.code], [413, 'too_large']);
        call.destroy();
      }
      await nothingStored();
    });

    it('refuses while reading where no length was announced, and takes back what it stored', async () => {
      const call = server.open({ 'Transfer-Encoding': 'chunked' });
      call.write(file('good.jpg', jpeg));
      call.write(file('endless.jpg', Buffer.alloc(most)));
      assert.equal((await answerOf(call)).status, 413);
      await nothingStored();
      call.destroy();
    });

    it('refuses a form of too many parts, and takes back what it stored', async () => {
      const parts = Array.from({ length: 100 }, () => file('x.jpg', 'x'));
      const { status } = await server.call(form(file('good.jpg', jpeg), ...parts));
      assert.equal(status, 413);
      await nothingStored();
    });
  });

  describe('that break', () => {
    it('leaves neither objects nor unfinished files when the client goes away', async () => {
      const call = server.open({ 'Content-Length': 3 * MIB });
      call.on('error', () => undefined);
      call.write(file('one.jpg', jpeg));
      call.write(file('two.jpg', Buffer.concat([jpeg, Buffer.alloc(500_000)])).subarray(0, 400_000));
      while ((await storage.files()).length < 2) await sleep(5);
      call.destroy();
      await assert.rejects(server.outcomes[0]!, { kind: 'invalid', message: /closed before/ });
      await nothingStored();
    });

    it('says so when the client went away before the procedure asked for the files', async () => {
      server.procedure = async (receiver, socket) => {
        await receiver.fields();
        call.destroy();
        if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
        await sleep(20);
        return receiver.receive({ fields: ['files'], keyPrefix: 'received' });
      };
      const call = server.open({ 'Content-Length': 3 * MIB });
      call.on('error', () => undefined);
      const closed = new Promise((resolve) => call.once('close', resolve));
      call.write(file('one.jpg', jpeg));
      await closed;
      await assert.rejects(server.outcomes[0]!, { kind: 'invalid', message: /closed before/ });
      await nothingStored();
    });

    it('leaves nothing when the form ends in a header', async () => {
      const broken = Buffer.from(`--${BOUNDARY}\r\nContent-Disp`);
      const { status, body } = await server.call(Buffer.concat([file('one.jpg', jpeg), broken]));
      assert.deepEqual([status, body.code], [400, 'invalid']);
      await nothingStored();
    });

    it('leaves nothing when storage fails midway', async () => {
      let puts = 0;
      const { storage: disk } = storage;
      const failing = Object.create(disk) as typeof disk;
      failing.put = async (key: string, body: Readable, contentType: string) => {
        if (++puts === 2) throw new DomainError('storage_full', 'The storage is full.');
        return disk.put(key, body, contentType);
      };
      failing.delete = (keys) => disk.delete(keys);
      server.close();
      server = await MultipartServer.start(failing, limits);
      const { status, body } = await server.call(
        form(file('one.jpg', jpeg), file('two.jpg', jpeg), file('3.jpg', jpeg)),
      );
      assert.deepEqual([status, body.code], [507, 'storage_full']);
      await nothingStored();
    });
  });

  describe('whose procedure refuses', () => {
    it('lets the client send to the end and read why', async () => {
      server.procedure = async (receiver) => {
        await receiver.fields();
        throw forbidden('Not yours.');
      };
      const { status, body } = await server.call(form(file('x.jpg', Buffer.alloc(3 * MIB))));
      assert.deepEqual([status, body.message], [403, 'Not yours.']);
      await nothingStored();
    });

    it('does so too when nothing was read at all', async () => {
      server.procedure = () => Promise.reject(forbidden('Not yours.'));
      const { status } = await server.call(form(file('x.jpg', Buffer.alloc(3 * MIB))));
      assert.equal(status, 403);
    });

    it('hangs up on a client that never stops sending', async () => {
      server.procedure = () => Promise.reject(forbidden('Not yours.'));
      const call = server.open({ 'Transfer-Encoding': 'chunked' });
      call.on('error', () => undefined);
      call.on('response', (answer) => answer.resume());
      const closed = new Promise((resolve) => call.once('close', resolve));
      let sent = 0;
      for (; !call.destroyed && sent < 500; sent++) {
        if (!call.write(Buffer.alloc(MIB))) {
          await Promise.race([new Promise((resolve) => call.once('drain', resolve)), closed]);
        }
      }
      await closed;
      assert.ok(sent < 150, `took ${sent} MiB`);
    });
  });
});
