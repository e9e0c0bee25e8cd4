import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { WorkerProcess } from '../../models/worker-process.js';
import { packageRoot } from '../../src/package-root.js';
import { startTestServer } from '../support/server.js';

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string }[] }[];
}

/** What stands in a PromQL expression beside metrics. */
const WORDS = /^(sum|max|count|by|le|rate|histogram_quantile|topk|scalar|status|route|job|stage|worker|instance)$/;

const metricsIn = (expr: string) =>
  (expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, '').match(/[a-z][a-z_0-9]*/g) ?? []).filter(
    (word) => !WORDS.test(word),
  );

describe('the Grafana dashboard', () => {
  it('asks for metrics that there are', async () => {
    const server = await startTestServer();
    try {
      const dashboard = JSON.parse(await readFile(join(packageRoot, 'deploy/grafana/assay.json'), 'utf8')) as Dashboard;
      await WorkerProcess.query(server.db).insert({
        id: uuidv7(),
        host: 'test',
        threads: 2,
        poolIds: [],
        heartbeatAt: new Date(),
        stats: { imagesAnalysed: 1, analysisFailures: 1, stageSeconds: { decode: 1 } as never },
      });
      await server.api('GET', '/health');
      const { body } = await server.api<string>('GET', '/metrics');
      const told = new Set([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '']) => name));
      const asked = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)));
      assert.ok(new Set(asked).size >= 10);
      for (const name of asked) assert.ok(told.has(name.replace(/_bucket$/, '')), `${name} is not at /metrics`);
      assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    } finally {
      await server.stop();
    }
  });
});
