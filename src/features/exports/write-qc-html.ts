import pMap from 'p-map';
import type { Image } from '../../../models/image.js';
import type { QcResult } from '../../../models/qc-result.js';
import { ObjectNotFound } from '../../storage/storage.js';
import { flagsOf } from '../qc/flags.js';
import type { ExportSource } from './export-source.js';
import { markup, Html } from './html.js';
import { matchShown } from './qc-match.js';
import type { QcOverview } from './qc-overview.js';
import { reportStyle } from './report-style.js';

/** Pixels of the longer side of a picture in the report. */
const SHOWN_PIXELS = 160;
const AT_ONCE = 20;

/**
 * The QC report as one HTML file that needs nothing else, runs nothing, and prints: figures, the distribution of both
 * scores, and the worst of what was found with small pictures. All that is found is in the report as CSV.
 */
export async function* writeQcHtml(source: ExportSource): AsyncGenerator<string> {
  const { request, order, thresholds, progress } = source;
  const overview = await source.overview();
  const { worst } = overview;
  yield head(request.title).text;
  yield markup`<body><h1>Quality control: ${request.title}</h1>
<p>${order.createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC. A picture counts as a duplicate from a score of
${thresholds.duplicate_threshold}, as AI-generated from ${thresholds.ai_threshold}.</p>
${figures(overview)}
<div class="charts">${chart('Duplicate score', overview.duplicateScores, thresholds.duplicate_threshold)}
${chart('AI-generated score', overview.aiGeneratedScores, thresholds.ai_threshold)}</div>
<h2>${overview.flagged === 0 ? 'Nothing was found' : 'What was found'}</h2>`.text;
  if (overview.flagged > worst.length) {
    yield markup`<p>The worst ${worst.length} of ${overview.flagged}; the report as CSV has all of them.</p>`.text;
  }
  await progress.advance(Math.max(0, overview.images - worst.length));
  if (worst.length > 0) yield TABLE_HEAD;
  for (let start = 0; start < worst.length; start += AT_ONCE) {
    const some = worst.slice(start, start + AT_ONCE);
    const rows = await pMap(some, (result) => row(source, result), { concurrency: 2 });
    yield markup`${rows}`.text;
    await progress.advance(some.length);
  }
  yield worst.length > 0 ? '</tbody></table></body></html>\n' : '</body></html>\n';
}

/** The policy is for whoever opens the file from his disk, where no server sends one. */
const head = (title: string) => markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality control: ${title}</title>
<style>${new Html(reportStyle)}</style></head>
`;

function figures(overview: QcOverview): Html {
  const entries: [string, number][] = [
    ['pictures', overview.images],
    ['examined', overview.examined],
    ['exact duplicates', overview.exact],
    ['near duplicates', overview.nearDuplicates],
    ['near shots', overview.nearShots],
    ['AI-generated', overview.aiGenerated],
    ['unreadable', overview.undecodable],
    ['rejected', overview.rejected],
  ];
  const items = entries.map(([name, count]) => markup`<div><dt>${name}</dt><dd>${count}</dd></div>`);
  return markup`<dl class="figures">${items}</dl>`;
}

function chart(name: string, images: readonly number[], threshold: number): Html {
  const most = Math.max(1, ...images);
  const bars = images.map((count, tenth) => {
    const label = `${(tenth / 10).toFixed(1)}–${((tenth + 1) / 10).toFixed(1)}`;
    const flagged = tenth + 1 > threshold * 10 ? 'flagged' : '';
    const bar = markup`<i class="${flagged}" style="height:${Math.round((count / most) * 100)}px"></i>`;
    return markup`<li title="${label}: ${count}"><b>${count}</b>${bar}<span>${label}</span></li>`;
  });
  return markup`<figure><figcaption>${name}</figcaption><ol>${bars}</ol></figure>`;
}

const TABLE_HEAD = `<table><thead><tr><th>Picture</th><th>Found</th><th>Duplicate</th><th>AI</th><th>Match</th></tr></thead><tbody>
`;

async function row(source: ExportSource, result: QcResult): Promise<Html> {
  const { image } = result;
  const match = matchShown(result, source.request);
  const flags = flagsOf(result, source.thresholds);
  const how = [result.matchRelation, ...result.transformation].join(', ');
  return markup`<tr><td>${image ? await picture(source, image) : null}</td>
<td>${flags.join(', ')}${result.error === null ? null : markup`<br>${result.error}`}${decision(image)}</td>
<td>${result.duplicateScore.toFixed(2)}</td><td>${result.aiGeneratedScore.toFixed(2)}</td>
<td>${match.image ? await picture(source, match.image) : null}${match.sourceUrl}
${result.matchRelation === null ? null : markup`<div>${how}</div>`}</td></tr>
`;
}

const decision = (image: Image | undefined) =>
  image?.duplicateDecision ? markup`<div>${image.duplicateDecision === 'reject' ? 'rejected' : 'kept'}</div>` : null;

async function picture(source: ExportSource, image: Image): Promise<Html> {
  const webp = await render(source, image);
  const shown = webp && markup`<img alt="" src="data:image/webp;base64,${Buffer.from(webp).toString('base64')}">`;
  return markup`<figure>${shown}<figcaption>${image.filename}<br>${image.width} × ${image.height}</figcaption></figure>`;
}

/** Null where there can be no picture. */
async function render({ storage, pool, maxPixels }: ExportSource, image: Image): Promise<Uint8Array | null> {
  const [key, contentType] =
    image.thumbnailKey === null ? [image.storageKey, image.contentType] : [image.thumbnailKey, 'image/webp' as const];
  try {
    const draw = (path: string) => pool.thumbnail({ path, contentType, maxPixels, size: SHOWN_PIXELS });
    return (await storage.withLocalFile(key, draw)).webp;
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}
