import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { WorkerProcess } from '../../models/worker-process.js';
import { packageRoot } from '../../src/package-root.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

describe("The worker container's health check", () => {
  let database: TestDatabase;
  before(async () => {
    database = await freshDatabase();
  });
  after(() => database.drop());
  beforeEach(() => WorkerProcess.query(database.db).delete());

  const isHealthy = (url = database.url) => {
    const { status } = spawnSync(process.execPath, [join(packageRoot, 'deploy/worker-health.js')], {
      env: { ...process.env, DATABASE_URL: url },
    });
    return status === 0;
  };

  async function lastSeen(host: string, secondsAgo: number): Promise<void> {
    await WorkerProcess.query(database.db).insert({
      id: uuidv7(),
      host,
      poolIds: [],
      threads: 1,
      stats: {
        imagesAnalysed: 0,
        analysisFailures: 0,
        stageSeconds: { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 },
      },
      heartbeatAt: raw('now() - make_interval(secs => ?)', [secondsAgo]),
    });
  }

  it('passes while a worker of this machine shows signs of life', async () => {
    await lastSeen(hostname(), 1);
    assert.ok(isHealthy());
  });

  it('fails when there is none', async () => {
    await lastSeen('another-machine', 1);
    assert.ok(!isHealthy());
  });

  it('fails when it has fallen silent', async () => {
    await lastSeen(hostname(), 60);
    assert.ok(!isHealthy());
  });

  it('fails when the database cannot be asked', () => {
    assert.ok(!isHealthy('postgresql://127.0.0.1:1/nowhere'));
  });
});
