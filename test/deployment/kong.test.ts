import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/package-root.js';
import { readCompose } from './compose-file.js';

describe('The Kong gateway', () => {
  const declared: unknown = parse(readFileSync(join(packageRoot, 'deploy/kong/kong.yml'), 'utf8'));
  const { kong, api } = readCompose().services;

  it('sends every address to the API as it stands, 100 requests a minute and IP', () => {
    assert.deepEqual(declared, {
      _format_version: '3.0',
      services: [
        {
          name: 'assay',
          url: 'http://api:8000',
          read_timeout: 600_000,
          write_timeout: 600_000,
          routes: [
            {
              name: 'assay',
              paths: ['/'],
              strip_path: false,
              preserve_host: true,
              request_buffering: false,
              response_buffering: false,
            },
          ],
          plugins: [{ name: 'rate-limiting', config: { minute: 100, limit_by: 'ip', policy: 'local' } }],
        },
      ],
    });
  });

  it('runs without a database, on the mounted declaration', () => {
    assert.equal(kong!.environment!.KONG_DATABASE, 'off');
    const target = kong!.volumes![0]!.split(':')[1];
    assert.equal(kong!.environment!.KONG_DECLARATIVE_CONFIG, target);
  });

  it('keeps its admin door shut', () => {
    assert.equal(kong!.environment!.KONG_ADMIN_LISTEN, 'off');
  });

  it('reaches the API where compose puts it', () => {
    assert.match(api!.ports![0]!, /:8000$/);
    assert.deepEqual(kong!.depends_on, { api: { condition: 'service_healthy' } });
  });
});
