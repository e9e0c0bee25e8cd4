import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProvenance } from '../../workers/provenance.js';
import { PictureFolder } from './scenes.js';

/** Rendered scenes, signed by a certificate made for these tests that no list knows; its key is not kept. */
const signed = join(import.meta.dirname, 'signed');

describe('validation of C2PA manifests', () => {
  let folder: PictureFolder;
  before(async () => {
    folder = await PictureFolder.make();
  });
  after(() => folder.remove());

  const factsOf = async (name: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes) => {
    const bytes = change(await readFile(join(signed, name)));
    const facts = await readProvenance(await folder.task(name, bytes));
    return { facts: facts.map(({ source, kind }) => `${kind} ${source}`), manifest: manifestIn(facts) };
  };
  const manifestIn = (facts: { source: string; value: string }[]) =>
    facts.find(({ source }) => source === 'c2pa:manifest')?.value ?? '';

  it('takes what stands under a good signature for a record, in all three formats', async () => {
    for (const name of ['generated.png', 'generated.jpg', 'generated.webp']) {
      const { facts, manifest } = await factsOf(name);
      assert.deepEqual(facts, [
        'record c2pa:claim_generator_info',
        'record c2pa:digitalSourceType',
        'manifest c2pa:manifest',
      ]);
      assert.equal(manifest, 'valid: signed by Assay test signer, Assay tests, on no trust list');
    }
  });

  it('takes a camera’s claim for no more than a camera’s trace', async () => {
    const { facts } = await factsOf('captured.jpg');
    assert.deepEqual(facts, ['manifest c2pa:manifest', 'camera c2pa:digitalSourceType']);
  });

  it('finds a manifest invalid when a byte of the picture has changed', async () => {
    const { facts, manifest } = await factsOf('generated.jpg', (bytes) => {
      bytes[bytes.length - 20]! ^= 1;
      return bytes;
    });
    assert.match(manifest, /^invalid: .*assertion\.dataHash\.mismatch/);
    assert.deepEqual(facts, [
      'mentioned c2pa:claim_generator_info',
      'mentioned c2pa:digitalSourceType',
      'manifest c2pa:manifest',
    ]);
  });

  it('finds a manifest invalid when what it claims has changed', async () => {
    const { manifest } = await factsOf('generated.jpg', (bytes) => {
      const at = bytes.indexOf('Adobe Firefly');
      bytes.write('Adobe Fireflx', at);
      return bytes;
    });
    assert.match(manifest, /^invalid: .*mismatch/);
  });

  it('survives every truncation', async () => {
    for (let length = 10; length < 4000; length += 173) {
      const { manifest } = await factsOf('generated.jpg', (bytes) => bytes.subarray(0, length));
      assert.doesNotMatch(manifest, /^valid/);
    }
  });
});
