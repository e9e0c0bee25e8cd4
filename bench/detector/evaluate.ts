import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { aiGeneratedScore } from '../../src/features/qc/ai-generated-score.js';
import type { EvidenceKind } from '../../workers/analysis.js';
import { decode } from '../../workers/decode.js';
import type { Detector } from '../../workers/detector.js';
import { readProvenance, withHiddenText } from '../../workers/provenance.js';
import type { LabelledPicture } from './labelled-pictures.js';
import { mean, measure, shareOf, FLAGGED_AT, type Metrics } from './metrics.js';
import { renditions } from './renditions.js';

export interface ScoredPicture extends LabelledPicture {
  /** The detector's, by rendition in their order. */
  byPixels: number[];
  /** The platform's, with provenance; of the original bytes. */
  joined: number;
  /** Kinds of facts that the file holds. */
  kinds: EvidenceKind[];
  /** Milliseconds for decoding the original and for its score. */
  milliseconds: number;
  megapixels: number;
}

export interface Evaluation {
  detector: string;
  pictures: ScoredPicture[];
  /** Pictures that cannot be decoded. */
  undecodable: string[];
  /** By rendition; the last is the joined score of the original bytes. */
  overall: { name: string; metrics: Metrics }[];
  /** Of the original bytes: each generator against all photos, and what of each source is flagged. */
  sources: { source: string; generated: boolean; pictures: number; auc: number; flagged: number[] }[];
  /** Mean over the generated sources of their AUC, by rendition. */
  macroAuc: number[];
}

const MAX_PIXELS = 100_000_000;

/** Scores every picture in every rendition. Pixels are decoded as quality control does. */
export async function evaluate(
  detector: Detector,
  pictures: readonly LabelledPicture[],
  onProgress: (done: number) => void = () => undefined,
): Promise<Evaluation> {
  const undecodable: string[] = [];
  let done = 0;
  const scored = await pMap(
    pictures,
    async (picture) => {
      const found = await scorePicture(detector, picture);
      if (!found) undecodable.push(picture.path);
      onProgress(++done);
      return found ?? [];
    },
    { concurrency: availableParallelism() },
  );
  return summarize(detector.version, scored.flat(), undecodable);
}

async function scorePicture(detector: Detector, picture: LabelledPicture): Promise<ScoredPicture | null> {
  const task = { path: picture.path, contentType: picture.contentType, maxPixels: MAX_PIXELS };
  const begun = performance.now();
  const { pixels } = await decode(task);
  if (!pixels) return null;
  const byPixels = [await detector.score(pixels)];
  const milliseconds = performance.now() - begun;
  for (const { make } of renditions) if (make) byPixels.push(await detector.score(await make(pixels)));
  const facts = await readProvenance(task);
  const provenance = picture.contentType === 'image/jpeg' ? facts : withHiddenText(facts, pixels);
  const joined = aiGeneratedScore({ detectorScore: byPixels[0] ?? null, provenance });
  const kinds = [...new Set(provenance.map(({ kind }) => kind))];
  return { ...picture, byPixels, joined, kinds, milliseconds, megapixels: (pixels.width * pixels.height) / 1e6 };
}

function summarize(detector: string, pictures: ScoredPicture[], undecodable: string[]): Evaluation {
  const split = (score: (picture: ScoredPicture) => number, source?: string) => {
    const generated = pictures.filter((picture) => picture.generated && (source ?? picture.source) === picture.source);
    return [generated.map(score), pictures.filter((picture) => !picture.generated).map(score)] as const;
  };
  const overall = renditions.map(({ name }, index) => ({
    name,
    metrics: measure(...split(({ byPixels }) => byPixels[index]!)),
  }));
  overall.push({ name: 'original bytes, joined with provenance', metrics: measure(...split(({ joined }) => joined)) });

  const keys = new Map(pictures.map(({ source, generated }) => [`${generated} ${source}`, { source, generated }]));
  const sources = [...keys.values()].map(({ source, generated }) => {
    const own = pictures.filter((picture) => picture.source === source && picture.generated === generated);
    return {
      source,
      generated,
      pictures: own.length,
      auc: generated ? measure(...split(({ byPixels }) => byPixels[0]!, source)).auc : NaN,
      flagged: renditions.map((_rendition, index) =>
        shareOf(
          own.map(({ byPixels }) => byPixels[index]!),
          isFlagged,
        ),
      ),
    };
  });
  const generators = sources.filter(({ generated }) => generated);
  const macroAuc = renditions.map((_rendition, index) =>
    mean(generators.map(({ source }) => measure(...split(({ byPixels }) => byPixels[index]!, source)).auc)),
  );
  return { detector, pictures, undecodable, overall, sources, macroAuc };
}

const isFlagged = (score: number) => score >= FLAGGED_AT;
