import type { AnalysisTask, EvidenceKind, ProvenanceFact } from './analysis.js';
import { readClaims } from './c2pa-claims.js';
import { validateC2pa } from './c2pa-validation.js';
import { areStandardTables, readCameraTraces } from './camera-traces.js';
import { readExifTexts } from './exif-text.js';
import {
  capturedSourceType,
  generatedByLabel,
  generatorCredited,
  generatorNamed,
  generatorRecorded,
  trainedSourceType,
  type Marker,
} from './generator-markers.js';
import { hiddenInAlpha, hiddenInColours, type HiddenText } from './hidden-text.js';
import { readIptcTexts } from './iptc.js';
import { readMetadataBlocks, type MetadataBlock } from './metadata-blocks.js';
import type { Pixels } from './pixels.js';
import { Tiff } from './tiff.js';

const MOST_FACTS = 20;
const MOST_VALUE_CHARACTERS = 200;

/** Fields whose value is the name of a tool or an author, not free text. */
const NAMING_FIELDS = new Set([
  ...['Software', 'ProcessingSoftware', 'Source', 'Make', 'Model', 'Artist', 'Author'],
  ...['OriginatingProgram', 'Byline', 'Credit'],
]);
/** PNG keywords that one generator alone writes. */
const OWN_KEYWORDS = new Map([
  ['invokeai_metadata', 'InvokeAI'],
  ['invokeai_graph', 'InvokeAI'],
  ['sd-metadata', 'InvokeAI'],
]);

/**
 * What a picture's metadata say of how it was made: PNG texts, EXIF, IPTC, XMP (digital source type, creator tool,
 * credit), C2PA claims, text hidden in the alpha channel, and what cameras leave. An editor gives no fact, signed or
 * not. Metadata can be forged and stripped: a fact is evidence, its absence is none.
 * @returns at most 20 facts, the strongest first.
 * @throws where the file cannot be read; malformed metadata is passed over.
 */
export async function readProvenance(task: AnalysisTask): Promise<ProvenanceFact[]> {
  const blocks = readMetadataBlocks(task);
  const facts = [
    ...blocks.flatMap(factsOfBlock),
    ...ownTables(blocks),
    ...(await factsOfC2pa(task, blocks)),
    ...factsOfHidden('alpha', await hiddenInAlpha(task)),
  ];
  return foremost(facts);
}

/** Adds what is hidden in decoded pixels to the facts found before. */
export function withHiddenText(facts: readonly ProvenanceFact[], pixels: Pixels): ProvenanceFact[] {
  return foremost([...facts, ...factsOfHidden('pixels', hiddenInColours(pixels))]);
}

const ORDER: readonly EvidenceKind[] = ['record', 'declared', 'declared_in_part', 'mentioned', 'manifest', 'camera'];

function foremost(facts: readonly ProvenanceFact[]): ProvenanceFact[] {
  const distinct = new Map(facts.map((fact) => [`${fact.source} ${fact.value}`, fact]));
  return [...distinct.values()].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)).slice(0, MOST_FACTS);
}

function factsOfBlock(block: MetadataBlock): ProvenanceFact[] {
  switch (block.kind) {
    case 'text':
      return factsOfText(block.keyword, block.text);
    case 'exif':
      return factsOfExif(new Tiff(block.bytes));
    case 'resources':
      return readIptcTexts(block.bytes).flatMap(({ dataset, text }) => factsOfField('iptc', dataset, text));
    case 'xmp':
      return factsOfXmp(block.text);
    case 'c2pa':
    case 'quantisation':
      return [];
  }
}

function factsOfText(keyword: string, text: string): ProvenanceFact[] {
  const owner = OWN_KEYWORDS.get(keyword);
  if (owner !== undefined) return facts(`text:${printable(keyword)}`, 'record', { generator: owner, value: text });
  // The label is also written under its own name as a keyword.
  const labelled = keyword === 'AIGC' ? generatedByLabel(`AIGC:${text}`) : null;
  return labelled ? facts('text:AIGC', 'declared', labelled) : factsOfField('text', keyword, text);
}

function factsOfField(container: string, field: string, text: string): ProvenanceFact[] {
  const source = `${container}:${printable(field)}`;
  const named = NAMING_FIELDS.has(field) ? generatorNamed(text) : null;
  const candidates: [EvidenceKind, Marker | null][] = [
    ['record', generatorRecorded(text)],
    ['declared', named ?? generatedByLabel(text)],
    ['mentioned', generatorCredited(text)],
  ];
  const [kind, marker] = candidates.find(([, found]) => found !== null) ?? ['mentioned', null];
  return facts(source, kind, marker);
}

function factsOfExif(tiff: Tiff): ProvenanceFact[] {
  const cameraTraces = readCameraTraces(tiff);
  return [
    ...readExifTexts(tiff).flatMap(({ tag, text }) => factsOfField('exif', tag, text)),
    ...cameraTraces.map(({ source, value }) => fact(source, 'camera', null, value)),
  ];
}

function factsOfXmp(xmp: string): ProvenanceFact[] {
  const tool = xmpProperty(xmp, 'CreatorTool');
  const sourceType = xmpProperty(xmp, 'DigitalSourceType');
  return [
    ...factsOfSourceType('xmp:DigitalSourceType', sourceType, 'declared'),
    ...facts('xmp:CreatorTool', 'declared', generatorNamed(tool)),
    ...facts('xmp:AIGC', 'declared', generatedByLabel(xmp)),
    ...facts('xmp', 'record', generatorRecorded(xmp)),
    ...facts('xmp', 'mentioned', generatorCredited(xmp)),
  ];
}

/** A trained model's type as strong as told; a camera's is no more than a camera's trace. */
function factsOfSourceType(source: string, text: string, kind: EvidenceKind): ProvenanceFact[] {
  const trained = trainedSourceType(text);
  if (trained !== null) {
    const inPart = trained.startsWith('composite') && kind !== 'mentioned';
    return [fact(source, inPart ? 'declared_in_part' : kind, null, trained)];
  }
  const captured = capturedSourceType(text);
  return captured === null ? [] : [fact(source, 'camera', null, captured)];
}

/** An attribute or an element, whatever its prefix; empty where it is absent. */
function xmpProperty(xmp: string, name: string): string {
  const match = new RegExp(`:${name}(?:\\s*=\\s*["']([^"'<>]{1,500})|\\s*>([^<]{1,500})<)`).exec(xmp);
  const resource = new RegExp(`:${name}\\s+rdf:resource\\s*=\\s*["']([^"'<>]{1,500})`).exec(xmp);
  return match?.[1] ?? match?.[2] ?? resource?.[1] ?? '';
}

/** A manifest alone says nothing of a generator: cameras and editors sign too. */
async function factsOfC2pa(task: AnalysisTask, blocks: readonly MetadataBlock[]): Promise<ProvenanceFact[]> {
  const stores = blocks.flatMap((block) => (block.kind === 'c2pa' ? [block.bytes] : []));
  if (stores.length === 0) return [];
  const { state, detail, json } = await validateC2pa(task);
  const words = { valid: 'valid', intact: 'intact', invalid: 'invalid', not_validated: 'present, not validated' };
  const value = `${words[state]}: ${detail}`;
  // What another picture's manifest says is worth as much as what any text says.
  const kind = { valid: 'record', intact: 'declared', not_validated: 'declared', invalid: 'mentioned' } as const;
  return [
    fact('c2pa:manifest', 'manifest', null, value),
    ...stores.flatMap((store) => factsOfClaims(store, json, kind[state])),
  ];
}

function factsOfClaims(store: Buffer, json: string, kind: EvidenceKind): ProvenanceFact[] {
  const claims = readClaims(store);
  return [
    ...claims.tools.flatMap(({ key, name }) => facts(`c2pa:${key}`, kind, generatorNamed(name))),
    // The JSON holds what lies compressed in the store.
    ...factsOfSourceType('c2pa:digitalSourceType', `${claims.text} ${json}`, kind),
  ];
}

function factsOfHidden(place: 'alpha' | 'pixels', hidden: HiddenText | null): ProvenanceFact[] {
  if (hidden === null) return [];
  const marker = generatorNamed(hidden.text) ?? generatorRecorded(hidden.text);
  return [fact(`${place}:${hidden.signature}`, 'record', marker?.generator ?? null, hidden.text)];
}

/** A camera's own tables are a trace beside its maker's name only: web servers' recompression has its own, too. */
function ownTables(blocks: readonly MetadataBlock[]): ProvenanceFact[] {
  const tables = blocks.flatMap((block) => (block.kind === 'quantisation' ? block.tables : []));
  const edited = blocks.some(({ kind }) => kind === 'resources');
  const hasCamera = blocks.some((block) => block.kind === 'exif' && readCameraTraces(new Tiff(block.bytes)).length > 0);
  if (!hasCamera || edited || tables.length === 0 || areStandardTables(tables)) return [];
  return [fact('jpeg:quantisation', 'camera', null, `${tables.length} tables of no common software`)];
}

function facts(source: string, kind: EvidenceKind, marker: Marker | null): ProvenanceFact[] {
  return marker === null ? [] : [fact(source, kind, marker.generator, marker.value)];
}

function fact(source: string, kind: EvidenceKind, generator: string | null, value: string): ProvenanceFact {
  return { source, kind, generator, value: printable(value) };
}

/** One line of at most 200 printable code points: well-formed, since `\p{C}` takes in lone surrogates. */
function printable(text: string): string {
  const line = text
    .slice(0, 4 * MOST_VALUE_CHARACTERS)
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim();
  return Array.from(line).slice(0, MOST_VALUE_CHARACTERS).join('');
}
