import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config.js';
import { packageRoot } from '../../src/package-root.js';

const kinds = { Deployment, HorizontalPodAutoscaler, PodDisruptionBudget, ConfigMap, Namespace, Secret, Service };

interface Manifest {
  kind: keyof typeof kinds;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

const FOLDER = join(packageRoot, 'deploy/kubernetes');

describe('the Kubernetes manifests', () => {
  const manifests: Manifest[] = [];
  before(async () => {
    for (const file of (await readdir(FOLDER)).sort()) {
      const documents = parseAllDocuments(await readFile(join(FOLDER, file), 'utf8'));
      manifests.push(...documents.map((document) => document.toJS() as Manifest));
    }
  });

  const named = (kind: string, name: string) => {
    const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    assert.ok(found, `${kind} ${name}`);
    return found;
  };

  it('are what the cluster’s schemas take', () => {
    assert.equal(manifests.length, 10);
    for (const manifest of manifests) new kinds[manifest.kind](manifest).validate();
    const broken = { ...named('Deployment', 'assay-api'), spec: { replicas: 'two' } };
    assert.throws(() => new Deployment(broken as never).validate());
  });

  it('set variables that make a configuration', () => {
    const environment = { ...named('ConfigMap', 'assay').data, ...named('Secret', 'assay').stringData };
    const config = loadConfig(environment);
    assert.equal(config.production, true);
    assert.ok(config.databaseUrl && config.jwtSecret && config.firstAdmin);
  });

  it('scale, probe and select what is deployed', () => {
    for (const component of ['api', 'worker']) {
      const deployment = named('Deployment', `assay-${component}`) as Manifest & {
        spec: {
          selector: { matchLabels: object };
          template: {
            metadata: { labels: object };
            spec: { containers: { command: string[]; livenessProbe?: object; readinessProbe?: object }[] };
          };
        };
      };
      const { selector, template } = deployment.spec;
      assert.deepEqual(template.metadata.labels, selector.matchLabels);
      const [container] = template.spec.containers;
      assert.deepEqual(container?.command, ['node', `dist/src/${component}.js`]);
      assert.ok(container.livenessProbe);
      assert.equal(container.readinessProbe !== undefined, component === 'api');
      const scaler = JSON.stringify(named('HorizontalPodAutoscaler', `assay-${component}`));
      assert.ok(scaler.includes(`"name":"assay-${component}"`));
      const budget = named('PodDisruptionBudget', `assay-${component}`) as typeof deployment;
      assert.deepEqual(budget.spec.selector.matchLabels, selector.matchLabels);
    }
  });
});
