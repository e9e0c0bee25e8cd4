import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import { DESCRIPTOR_BYTES, openEvidence } from '../../workers/fingerprint/evidence.js';
import type { Fingerprint } from '../../workers/fingerprint.js';
import type { CopySet } from './copy-set.js';
import type { FingerprintTask } from './engine-thread.js';

const WORKERS = join(import.meta.dirname, '../../workers');
const FEATURE_BYTES = DESCRIPTOR_BYTES + 6;
const FEATURES_COUNTED_AT = 25;

/** Fingerprints of a set's pictures, all tiers; kept beside the set for as long as the code that makes them is the same. */
export async function fingerprintsOf({ folder, pictures }: CopySet): Promise<Fingerprint[]> {
  const path = join(folder, `prints-${await codeDigest()}.v8`);
  const kept = await readFile(path).catch(() => null);
  if (kept !== null) return (deserialize(kept) as Fingerprint[]).map(withOwnBuffers);
  const threads = startThreads();
  const prints = await pMap(
    pictures,
    ({ file }) =>
      threads.run({ file, localFeatures: true } satisfies FingerprintTask, {
        name: 'fingerprintFile',
      }) as Promise<Fingerprint>,
    { concurrency: 2 * availableParallelism() },
  );
  await threads.destroy();
  await writeFile(path, serialize(prints));
  return prints;
}

/** What is deserialised are views of the whole file, all of which would be copied with each that goes to a thread. */
function withOwnBuffers({ pdq, quality, dihedral, descriptor, evidence }: Fingerprint): Fingerprint {
  return {
    pdq: pdq.slice(),
    quality,
    dihedral: dihedral.slice(),
    descriptor: descriptor.slice(),
    evidence: evidence.slice(),
  };
}

export const startThreads = () =>
  new Piscina({
    filename: new URL('engine-thread-entry.js', import.meta.url).href,
    maxThreads: availableParallelism(),
    atomics: 'disabled',
  });

/** As a fingerprint of tiers 1 to 3 is. */
export function withoutFeatures(print: Fingerprint): Fingerprint {
  const { count } = openEvidence(print.evidence)!.features;
  const evidence = print.evidence.slice(0, print.evidence.length - count * FEATURE_BYTES);
  evidence[FEATURES_COUNTED_AT] = 0;
  return { ...print, evidence };
}

async function codeDigest(): Promise<string> {
  const below = async (folder: string) =>
    (await readdir(join(WORKERS, folder))).sort().map((name) => `${folder}/${name}`);
  const files = [
    'fingerprint.ts',
    'fingerprint-file.ts',
    'perceptual-hash.ts',
    'decode.ts',
    ...(await below('fingerprint')),
    ...(await below('jpeg')),
  ];
  const digest = createHash('sha256');
  for (const file of files) digest.update(await readFile(join(WORKERS, file)));
  return digest.digest('hex').slice(0, 12);
}
