import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { v7 as uuidv7 } from 'uuid';
import { startTestServer, type ApiOptions, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  security: object[];
  parameters?: { name: string; in: string; required?: boolean; example?: unknown; schema: { type: string } }[];
  requestBody?: { content: Record<string, { schema: { properties: Record<string, object> }; example?: unknown }> };
  responses: Record<string, { headers?: object; content?: object; $ref?: string }>;
}

interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
}

/** Checks real answers against the document. */
class Agreement {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });

  constructor(readonly document: Document) {
    this.#ajv.addSchema(document, 'api');
  }

  assertDocumented(method: string, template: string, status: number, body: unknown): void {
    const name = `${method} ${template} → ${status}`;
    const response = this.document.paths[template]?.[method.toLowerCase()]?.responses[status];
    assert.ok(response, `${name} is not documented`);
    const pointer = response.$ref?.slice(1) ?? `/paths/${escape(template)}/${method.toLowerCase()}/responses/${status}`;
    if (!response.$ref && !response.content) {
      assert.equal(body, '', `${name} has no body`);
      return;
    }
    const validate = this.#ajv.compile({ $ref: `api#${pointer}/content/application~1json/schema` });
    assert.ok(validate(body), `${name}: ${this.#ajv.errorsText(validate.errors)}`);
  }
}

const escape = (template: string) => encodeURIComponent(template.replaceAll('~', '~0').replaceAll('/', '~1'));

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ template, method: method.toUpperCase(), operation })),
  );

describe('OpenAPI document', () => {
  const servers: Record<string, TestServer> = {};
  const documents: Record<string, Document> = {};
  const PUBLIC_URL = 'https://assay.example';
  before(async () => {
    servers.example = await startTestServer({ router: exampleRouter, env: { PUBLIC_URL } });
    servers.service = await startTestServer({ sharing: servers.example, env: { PUBLIC_URL } });
    for (const [name, server] of Object.entries(servers)) {
      documents[name] = (await server.api<Document>('GET', '/openapi.json')).body;
    }
  });
  after(async () => {
    await servers.service?.stop();
    await servers.example?.stop();
  });

  for (const name of ['example', 'service']) {
    it(`is valid OpenAPI 3.1 (${name})`, async () => {
      assert.match(documents[name]!.openapi, /^3\.1\./);
      const { valid, errors } = await new Validator().validate(documents[name]! as unknown as Record<string, unknown>);
      assert.ok(valid, JSON.stringify(errors, null, 1));
      assert.deepEqual(documents[name]!.servers, [{ url: PUBLIC_URL }]);
    });

    it(`names each operation once, and sums it up (${name})`, () => {
      const operations = operationsOf(documents[name]!);
      const ids = operations.map(({ operation }) => operation.operationId);
      assert.equal(new Set(ids).size, ids.length);
      for (const { operation } of operations) assert.ok(operation.summary, operation.operationId);
    });

    it(`says what an anonymous caller hears (${name})`, async () => {
      const agreement = new Agreement(documents[name]!);
      for (const { template, method, operation } of operationsOf(documents[name]!)) {
        if (template === '/waiting') continue;
        const path = template.replaceAll(/\{\w+\}/g, 'none');
        const { status, body } = await servers[name]!.api<unknown>(method, path);
        assert.equal(status === 401, operation.security.length > 0, `${method} ${template}: ${status}`);
        agreement.assertDocumented(method, template, status, body);
      }
    });
  }

  it('agrees with what the server answers', async () => {
    const server = servers.example!;
    const { token } = await server.signUp();
    const agreement = new Agreement(documents.example!);
    const form = new FormData();
    form.append('files', new Blob(['no picture']), 'a.png');
    const calls: [status: number, method: string, template: string, options?: ApiOptions<unknown>, path?: string][] = [
      [200, 'GET', '/echo/stats'],
      [201, 'POST', '/things', { json: { title: 'Signs' } }],
      [400, 'POST', '/things', { json: { title: '' } }],
      [413, 'POST', '/things', { json: { title: 'x'.repeat(2 ** 20) } }],
      [415, 'POST', '/things', { form: new FormData() }],
      [201, 'PUT', '/things/{title}', {}, '/things/Signs'],
      [204, 'POST', '/things/{id}/touch', {}, '/things/1/touch'],
      [404, 'GET', '/fail/{kind}', {}, '/fail/not_found'],
      [500, 'GET', '/fail/{kind}', {}, '/fail/internal'],
      [200, 'GET', '/whoami', { token }],
      [401, 'GET', '/whoami'],
      [403, 'POST', '/administer', { token }],
      [200, 'GET', '/organizations'],
      [200, 'POST', '/things/{id}/files', { token, form }, '/things/1/files'],
      [404, 'POST', '/things/{id}/files', { token, form }, '/things/foreign/files'],
      [200, 'GET', '/health'],
      [200, 'GET', '/livez'],
      [200, 'GET', '/readyz'],
    ];
    for (const [expected, method, template, options, path = template] of calls) {
      const { status, body } = await server.api<unknown>(method, path, options);
      assert.equal(status, expected, `${method} ${path}`);
      agreement.assertDocumented(method, template, status, body);
    }
  });

  it('would notice an answer that is not as documented', () => {
    const agreement = new Agreement(documents.example!);
    assert.throws(() => agreement.assertDocumented('GET', '/echo/stats', 200, { stats: false }), /stats/);
    assert.throws(() => agreement.assertDocumented('GET', '/echo/stats', 418, {}), /not documented/);
    assert.throws(() => agreement.assertDocumented('GET', '/whoami', 401, { detail: 'x' }), /message/);
  });

  it('describes files as files', () => {
    const { requestBody } = documents.example!.paths['/things/{id}/files']!.post!;
    assert.deepEqual(Object.keys(requestBody!.content), ['multipart/form-data']);
    const { files, note, id } = requestBody!.content['multipart/form-data']!.schema.properties;
    assert.deepEqual((files as { items: object }).items, { type: 'string', format: 'binary' });
    assert.deepEqual(note, { type: 'string' });
    assert.equal(id, undefined, 'it stands in the path');
  });

  it('says what is heard of a row that is not there', async () => {
    const { token } = await servers.service!.signUp({ roles: ['SUPER_ADMIN'] });
    const agreement = new Agreement(documents.service!);
    for (const { template, method } of operationsOf(documents.service!)) {
      if (method !== 'GET' || template === '/metrics') continue;
      const id = uuidv7();
      const path = `${template.replaceAll(/\{\w+\}/g, id)}?id=${id}&image_id=${id}`;
      const { status, body } = await servers.service!.api<unknown>(method, path, { token });
      agreement.assertDocumented(method, template, status, body);
    }
  });

  it('says how forms are refused', async () => {
    const { token } = await servers.service!.signUp();
    const agreement = new Agreement(documents.service!);
    const forms = operationsOf(documents.service!).filter(
      ({ operation }) => operation.requestBody && 'multipart/form-data' in operation.requestBody.content,
    );
    assert.ok(forms.length > 3);
    for (const { template, method } of forms) {
      const path = template.replaceAll(/\{\w+\}/g, 'none');
      const { status, body } = await servers.service!.api<unknown>(method, path, { token, form: new FormData() });
      assert.equal(status, 400, template);
      agreement.assertDocumented(method, template, status, body);
    }
  });

  it('describes path, query and paging', () => {
    const echo = documents.example!.paths['/echo/{id}']!.get!;
    assert.deepEqual(
      echo.parameters
        ?.filter((one) => 'name' in one)
        .map(({ name, in: place, required }) => [name, place, required ?? false]),
      [
        ['id', 'path', true],
        ['n', 'query', false],
        ['flag', 'query', false],
        ['tags', 'query', false],
        ['q', 'query', false],
      ],
    );
    const list = documents.example!.paths['/organizations']!.get!;
    assert.deepEqual(Object.keys(list.responses['200']!.headers ?? {}), ['X-Total-Count', 'Link', 'ETag']);
  });

  it('tells which calls can be repeated safely, and which answers be kept', () => {
    const references = (operation: Operation | undefined) =>
      (operation?.parameters ?? []).map((parameter) => (parameter as { $ref?: string }).$ref?.split('/').at(-1));
    for (const { method, template, operation } of operationsOf(documents.service!)) {
      const name = `${method} ${template}`;
      const answered = Object.values(operation.responses)[0];
      const isStream = answered?.content !== undefined && 'text/event-stream' in answered.content;
      const isProbe = operation.tags?.includes('operations') === true && operation.security.length === 0;
      assert.equal(
        references(operation).includes('IdempotencyKey'),
        method === 'POST' && operation.security.length > 0,
        name,
      );
      if (isProbe) continue;
      assert.equal(references(operation).includes('IfNoneMatch'), method === 'GET' && !isStream, name);
      assert.equal('304' in operation.responses, method === 'GET' && !isStream, name);
    }
    const list = documents.service?.paths['/requests']?.get?.responses['200'];
    assert.ok(list?.headers && 'ETag' in list.headers && 'X-Total-Count' in list.headers);
  });

  it('shows the examples the procedures give', () => {
    const { requestBody } = documents.example!.paths['/things']!.post!;
    assert.deepEqual(requestBody!.content['application/json']!.example, { title: 'Signs' });
    assert.equal(documents.example!.paths['/things/{title}']!.put!.parameters?.[0]?.example, 'Signs');
  });

  it('leads from an alias to what it stands for', () => {
    assert.equal(documents.example!.paths['/things/{title}']!.put!.description, 'The same as POST /api/things/.');
  });
});
