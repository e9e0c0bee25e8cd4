import { workerData } from 'node:worker_threads';
import type {
  Analysis,
  AnalysisTask,
  EvidenceKind,
  Finding,
  ProvenanceFact,
  WebpAnswer,
  ThumbnailTask,
} from './analysis.js';
import { decode, metadataSize, renderThumbnail } from './decode.js';
import { loadDetector, type Detector } from './detector.js';
import { fingerprint, type Fingerprint } from './fingerprint.js';
import { renderHeatMap } from './heat-map.js';
import type { Pixels } from './pixels.js';
import { readProvenance, withHiddenText } from './provenance.js';
import { UndecodablePicture } from './undecodable.js';

export { fingerprintFile } from './fingerprint-file.js';
export { compare, compareStored, lookUp, search } from './match/match-task.js';

/** Below the 64 × 64 grid of the perceptual hash there is less picture than the hash asks for. */
const SMALLEST_USEFUL_SIDE = 64;
/** PDQ's own advice: hashes of lower quality are matches by chance. */
const LEAST_HASH_QUALITY = 50;

const { detectorFolder } = workerData as { detectorFolder: string };
let detector: Detector | undefined;

/** Looks at one picture: decodes it once and feeds fingerprint and detector from the same pixels. */
export async function analyse(task: AnalysisTask): Promise<Analysis> {
  const clock = stopwatch();
  const inFile = await readProvenance(task);
  const provenanceTime = clock();
  const { pixels, width, height, error } = await decode(task);
  const decodeTime = clock();
  const print = pixels && fingerprint(pixels);
  const hashTime = clock();
  const detectorScore = pixels && (await score(pixels));
  const detectTime = clock();
  // JPEG keeps no lowest bits.
  const provenance = pixels && task.contentType !== 'image/jpeg' ? withHiddenText(inFile, pixels) : inFile;
  return {
    width,
    height,
    pdq: print?.pdq ?? null,
    pdqQuality: print?.quality ?? 0,
    fingerprint: print,
    detectorScore,
    provenance,
    metadataBytes: await metadataSize(task),
    findings: findingsOf({ width, height }, print, provenance),
    error: error?.message ?? null,
    lasting: error?.lasting ?? true,
    timings: { decode: decodeTime, hash: hashTime, detect: detectTime, provenance: provenanceTime },
  };
}

/** A WebP of at most `size` pixels on the long side. A bad picture is an answer; what is thrown is no fault of it. */
export async function thumbnail(task: ThumbnailTask): Promise<WebpAnswer> {
  const clock = stopwatch();
  try {
    const webp = await renderThumbnail(task);
    return { webp, milliseconds: clock() };
  } catch (error) {
    if (!(error instanceof UndecodablePicture)) throw error;
    return { webp: null, undecodable: error.message, lasting: error.lasting, milliseconds: clock() };
  }
}

/** Where a picture looks generated, drawn over it. A bad picture is an answer; what is thrown is no fault of it. */
export async function heatMap(task: AnalysisTask): Promise<WebpAnswer> {
  const clock = stopwatch();
  const { pixels, error } = await decode(task);
  if (!pixels) return { webp: null, undecodable: error.message, lasting: error.lasting, milliseconds: clock() };
  const webp = await renderHeatMap(pixels, await (await theDetector()).heat(pixels));
  return { webp, milliseconds: clock() };
}

/** Loads the detector, so that one that cannot be used is known before there is a picture. */
export async function checkDetector(): Promise<void> {
  await theDetector();
}

async function score(pixels: Pixels): Promise<number> {
  return (await theDetector()).score(pixels);
}

async function theDetector(): Promise<Detector> {
  detector ??= await loadDetector(detectorFolder);
  return detector;
}

function findingsOf(
  { width, height }: { width: number; height: number },
  print: Fingerprint | null,
  provenance: readonly ProvenanceFact[],
): Finding[] {
  const findings: Finding[] = [];
  if (!print) findings.push('corrupt');
  if (print && Math.min(width, height) < SMALLEST_USEFUL_SIDE) findings.push('too_small');
  if (print && print.quality < LEAST_HASH_QUALITY) findings.push('low_detail');
  return [...findings, ...findingsOfProvenance(provenance)];
}

const SAYS_GENERATED: readonly EvidenceKind[] = ['record', 'declared', 'declared_in_part', 'mentioned'];

function findingsOfProvenance(provenance: readonly ProvenanceFact[]): Finding[] {
  const sources = new Set(provenance.filter(({ kind }) => SAYS_GENERATED.includes(kind)).map(({ source }) => source));
  const findings: Finding[] = [...sources].map((source) => `ai_metadata:${source}` as const);
  if (findings.length > 0) findings.unshift('ai_metadata');
  if (provenance.some(({ kind }) => kind === 'camera')) findings.push('camera_metadata');
  if (provenance.some(({ kind, value }) => kind === 'manifest' && value.startsWith('invalid'))) {
    findings.push('c2pa_invalid');
  }
  return findings;
}

/** Milliseconds since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = now - last;
    last = now;
    return elapsed;
  };
}
