import type { Writable } from 'node:stream';
import { once } from 'node:events';
import type { ProvenanceFact } from '../../../workers/analysis.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import type { DuplicateGroup, GroupMember } from './duplicate-groups.js';
import type { Picture } from './examine-folder.js';
import type { FileFault } from './find-pictures.js';
import { scoreText } from './score-text.js';
import type { Summary } from './summary.js';
import { packageVersion } from '../../package-version.js';
import { writeWhole } from '../output-file.js';
import { shown } from '../terminal.js';

export interface Report {
  folder: string;
  summary: Summary;
  groups: AsyncIterable<DuplicateGroup> | Iterable<DuplicateGroup>;
  generated: Iterable<Picture>;
  faults: readonly FileFault[];
  /** What the file of a picture says of its making. */
  factsOf: (picture: Picture) => Promise<ProvenanceFact[]>;
  /** What it was made by: another day, version or threshold may find something else. */
  madeBy: { at: Date; analyserVersion: string; duplicateThreshold: number; aiThreshold: number };
}

/** A browser shows so many with ease; the rest is in `--json`. */
const MOST_GROUPS = 1000;
const MOST_MEMBERS = 24;
const MOST_GENERATED = 1000;
const MOST_FAULTS = 1000;
const THUMBNAIL_PX = 256;

/**
 * Writes what was found as one HTML file with the pictures in it, that needs no script and nothing from elsewhere. It
 * appears whole or not at all.
 */
export async function writeReport(
  path: string,
  report: Report,
  { pool, maxPixels }: { pool: AnalysisPool; maxPixels: number },
): Promise<void> {
  await writeWhole(path, async (file) => {
    for await (const part of parts(report, (picture) => thumbnailOf(pool, picture, maxPixels))) await write(file, part);
    file.end();
    await once(file, 'finish');
  });
}

async function write(file: Writable, text: string): Promise<void> {
  if (!file.write(text)) await once(file, 'drain');
}

/** A picture's tag; where none can be made, what stands in its place. */
async function thumbnailOf(pool: AnalysisPool, picture: Picture, maxPixels: number): Promise<string> {
  const { path, contentType, name } = picture;
  const webp = await pool
    .thumbnail({ path, contentType, maxPixels, size: THUMBNAIL_PX })
    .then((thumbnail) => thumbnail.webp)
    .catch(() => null);
  if (!webp) return `<div class="none">no preview</div>`;
  return `<img alt="${escape(name)}" loading="lazy" src="data:image/webp;base64,${Buffer.from(webp).toString('base64')}">`;
}

/** Text as it may stand in HTML and in an attribute's quotes; what is not to be shown is written as an escape. */
export const escape = (text: string) => shown(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

type Thumbnails = (picture: Picture) => Promise<string>;

async function* parts(report: Report, thumbnail: Thumbnails): AsyncGenerator<string> {
  const { folder, summary } = report;
  yield opening(`Quality control of ${folder}`);
  yield `<h1>Quality control</h1><p class="folder">${escape(folder)}</p>${figures(summary)}${making(report.madeBy)}`;

  yield `<h2>Duplicates</h2>`;
  let groups = 0;
  for await (const group of report.groups) {
    if ((groups += 1) <= MOST_GROUPS) yield await groupPart(group, thumbnail);
  }
  yield rest(groups, MOST_GROUPS, 'groups');

  yield `<h2>AI-generated</h2><div class="row">`;
  let generated = 0;
  for (const picture of report.generated) {
    if ((generated += 1) <= MOST_GENERATED)
      yield await generatedPart(picture, await report.factsOf(picture), thumbnail);
  }
  yield `</div>${rest(generated, MOST_GENERATED, 'pictures')}`;

  yield `<h2>Not looked at</h2>`;
  const faults = report.faults.slice(0, MOST_FAULTS);
  const rows = faults.map(({ name, message }) => `<tr><td>${escape(name)}</td><td>${escape(message)}</td></tr>`);
  yield rows.length > 0 ? `<table>${rows.join('')}</table>` : '';
  yield rest(summary.faults, MOST_FAULTS, 'files');
  yield `</main></body></html>\n`;
}

function rest(all: number, most: number, what: string): string {
  if (all === 0) return `<p class="nothing">None.</p>`;
  return all > most ? `<p class="nothing">… and ${all - most} more ${what}.</p>` : '';
}

const MEANINGS: Record<string, string> = {
  least_cropped: 'it shows most of the scene',
  most_pixels: 'it has the most pixels',
  least_compressed: 'it is the least compressed',
  most_metadata: 'it has the most metadata',
  oldest: 'it is the oldest',
};

async function groupPart({ keeper, reasons, others }: DuplicateGroup, thumbnail: Thumbnails): Promise<string> {
  const why = reasons.map((reason) => MEANINGS[reason] ?? reason).join(', ');
  const cards = [await memberPart(keeper, `<b>Keep</b>${why ? `: ${escape(why)}` : ''}`, thumbnail)];
  for (const member of others.slice(0, MOST_MEMBERS)) {
    const how = member.relation === 'exact' ? 'the same bytes' : member.transformation.join(', ');
    const score = member.score === null ? '' : `<span class="score">${scoreText(member.score)}</span> `;
    cards.push(await memberPart(member, `${score}${escape(how)}`, thumbnail));
  }
  return `<section class="row">${cards.join('')}</section>${others.length > MOST_MEMBERS ? rest(others.length, MOST_MEMBERS, 'copies') : ''}`;
}

async function memberPart({ picture }: GroupMember, caption: string, thumbnail: Thumbnails): Promise<string> {
  return `<figure>${await thumbnail(picture)}<figcaption>${caption}<br>${named(picture)}</figcaption></figure>`;
}

async function generatedPart(
  picture: Picture,
  facts: readonly ProvenanceFact[],
  thumbnail: Thumbnails,
): Promise<string> {
  const { aiScore, detectorScore } = picture;
  const pixels = detectorScore === null ? '' : `<li>The pixels alone: ${scoreText(detectorScore)}</li>`;
  const said = facts.slice(0, 5).map(({ source, generator, value }) => {
    return `<li>${escape(source)}${generator === null ? '' : ` (${escape(generator)})`}: <q>${escape(value)}</q></li>`;
  });
  const caption = `<span class="score">${scoreText(aiScore)}</span> ${named(picture)}<ul>${pixels}${said.join('')}</ul>`;
  return `<figure>${await thumbnail(picture)}<figcaption>${caption}</figcaption></figure>`;
}

const named = ({ name, width, height, bytes }: Picture) =>
  `<span class="name">${escape(name)}</span> <span class="size">${width} × ${height}, ${Math.ceil(bytes / 1024)} kB</span>`;

function figures({ pictures, duplicates, groups, generated, faults, passedOver }: Summary): string {
  const all = {
    [pictures === 1 ? 'picture' : 'pictures']: pictures,
    'in groups of duplicates': duplicates,
    [groups === 1 ? 'group' : 'groups']: groups,
    'AI-generated': generated,
    'not looked at': faults,
    ...(passedOver.links > 0 && {
      [passedOver.links === 1 ? 'link not followed' : 'links not followed']: passedOver.links,
    }),
  };
  const cells = Object.entries(all).map(([name, figure]) => `<div><b>${figure}</b> ${name}</div>`);
  return `<div class="figures">${cells.join('')}</div>`;
}

function making({ at, analyserVersion, duplicateThreshold, aiThreshold }: Report['madeBy']): string {
  const said = [
    `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `Assay ${packageVersion} (analyser ${analyserVersion})`,
    `duplicates from a score of ${duplicateThreshold}`,
    `AI-generated from ${aiThreshold}`,
  ];
  return `<p class="making">${escape(said.join(' · '))}</p>`;
}

const opening = (title: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 0 } main { max-width: 1200px; margin: auto; padding: 1.5rem }
h2 { margin: 2.2rem 0 .6rem } .folder, .size, .nothing, .making { color: GrayText }
.figures { display: flex; flex-wrap: wrap; gap: 1.6rem } .figures b { font-size: 1.5rem; display: block }
.row { display: flex; flex-wrap: wrap; gap: 1rem; margin: 0 0 1rem }
section.row { border: 1px solid color-mix(in srgb, CanvasText 18%, transparent); border-radius: 10px; padding: 1rem }
figure { margin: 0; width: 256px } img, .none { max-width: 256px; max-height: 256px; border-radius: 6px; display: block }
.none { width: 256px; height: 120px; display: grid; place-items: center; background: color-mix(in srgb, CanvasText 8%, transparent) }
figcaption { margin-top: .4rem; overflow-wrap: anywhere } .score { font-weight: 700; font-variant-numeric: tabular-nums }
figcaption ul { margin: .3rem 0; padding-left: 1.1rem } td { padding: .2rem 1rem .2rem 0; overflow-wrap: anywhere; vertical-align: top }
@media print { section.row, figure { break-inside: avoid } }
</style></head><body><main>`;
