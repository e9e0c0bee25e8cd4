import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAnalyserVersion } from '../../workers/analyser-version.js';

describe('analyser version', () => {
  const manifest = {
    ...{ name: 'residual-net', version: '1.2.0', sha256: 'ab'.repeat(32) },
    input: { name: 'crops', type: 'uint8', layout: 'NHWC', crop: 128, maxCrops: 8 },
    output: { name: 'logits' },
    pooling: 'mean',
    calibration: { slope: 1, intercept: 0, prior: 0.1 },
    licence: 'MIT',
    trainedOn: [],
  };
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-detector-'));
  });
  after(() => rm(folder, { recursive: true }));

  const versionFor = async (content: unknown) => {
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(content));
    return readAnalyserVersion(folder);
  };

  it('is short and names the detector', async () => {
    assert.match(await versionFor(manifest), /^\d+\/residual-net@1\.2\.0\+abababababab$/);
  });

  it('differs for another detector, version or model', async () => {
    const others = [{ name: 'other' }, { version: '1.2.1' }, { sha256: 'cd'.repeat(32) }];
    const versions = [await versionFor(manifest)];
    for (const change of others) versions.push(await versionFor({ ...manifest, ...change }));
    assert.equal(new Set(versions).size, 4);
  });

  it('rejects a manifest that is missing or incomplete', async () => {
    await assert.rejects(
      versionFor({ ...manifest, sha256: undefined }),
      /manifest\.json is not a detector manifest: sha256: /,
    );
    await assert.rejects(versionFor(null), /is not a detector manifest/);
    await assert.rejects(readAnalyserVersion(join(folder, 'nowhere')), /cannot read .*nowhere/);
  });
});
