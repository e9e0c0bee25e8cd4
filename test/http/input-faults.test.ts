import assert from 'node:assert/strict';
import { z } from 'zod';
import '../../src/input-faults.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('the faults of an input', () => {
  const faultOf = (schema: z.ZodType, input: unknown) => schema.safeParse(input).error?.issues[0]?.message;
  const page = z.coerce.number().int().min(1).max(1000);

  it('say which numbers are taken', () => {
    for (const input of ['abc', '0', '1001', null])
      assert.equal(faultOf(page, input), 'Give a whole number from 1 to 1000.');
    assert.equal(faultOf(page, '1.5'), 'Give a whole number.');
    assert.equal(faultOf(z.number().min(0).max(1), 2), 'Give a number from 0 to 1.');
    assert.equal(faultOf(z.number().positive(), 0), 'Give a number above 0.');
    assert.equal(faultOf(z.number(), 'x'), 'Give a number.');
  });

  it('say what is missing, and of what kind', () => {
    assert.equal(faultOf(z.string(), undefined), 'This is missing: give a text.');
    assert.equal(faultOf(z.array(z.string()), undefined), 'This is missing: give a list.');
    assert.equal(faultOf(z.enum(['new', 'ready']), undefined), 'This is missing: give one of: new, ready.');
    assert.equal(faultOf(z.object({}), 'text'), 'Give an object.');
  });

  it('say how long text and lists may be, what to choose from, and what form is asked for', () => {
    assert.equal(faultOf(z.string().trim().min(1), ' '), 'This must not be empty.');
    assert.equal(faultOf(z.string().max(3), 'four'), 'Give at most 3 characters.');
    assert.equal(faultOf(z.array(z.string()).min(1), []), 'Give at least one.');
    assert.equal(faultOf(z.enum(['new', 'ready']), 'old'), 'Give one of: new, ready.');
    assert.equal(faultOf(z.stringbool(), 'maybe'), 'Give true or false.');
    assert.match(faultOf(z.uuid(), 'x') ?? '', /^Give an id such as /);
    assert.match(faultOf(z.iso.date(), 'x') ?? '', /^Give a date such as /);
  });

  it('leave the words of a schema that has its own', () => {
    assert.equal(
      faultOf(z.string().min(8, 'Password too short (min 8 chars).'), 'x'),
      'Password too short (min 8 chars).',
    );
  });

  describe('reach the caller', () => {
    let server: TestServer;
    let token: string;
    before(async () => {
      server = await startTestServer();
      ({ token } = await server.signUp());
    });
    after(() => server.stop());

    it('in the same words, by REST and by tRPC, named by their field', async () => {
      const errors = { title: ['This must not be empty.'], classes: ['Give a list.'] };
      const json = { title: ' ', classes: 'stop' };
      const rest = await server.api('POST', '/requests', { token, json });
      assert.deepEqual(
        [rest.status, rest.body.message, rest.body.errors],
        [400, 'title: This must not be empty.', errors],
      );
      const { body } = await server.api<{ error: { data: { errors: unknown } } }>('POST', '/trpc/requests.create', {
        token,
        json,
      });
      assert.deepEqual(body.error.data.errors, errors);
      const list = await server.api('GET', '/requests?limit=abc', { token });
      assert.equal(list.body.message, 'limit: Give a whole number from 1 to 1000.');
    });
  });
});
