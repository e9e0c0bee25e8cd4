import type { AnalysisTask, ProvenanceFact } from './analysis.js';
import { readClaims } from './c2pa-claims.js';
import { readExifTexts } from './exif-text.js';
import { generatorDescribed, generatorNamed, trainedSourceType, type Marker } from './generator-markers.js';
import { readMetadataBlocks, type MetadataBlock } from './metadata-blocks.js';

const MOST_FACTS = 20;
const MOST_VALUE_CHARACTERS = 200;

/** Fields whose value is the name of a tool or an author, not free text. */
const NAMING_FIELDS = new Set(['Software', 'ProcessingSoftware', 'Source', 'Make', 'Model', 'Artist', 'Author']);
/** PNG keywords that one generator alone writes. */
const OWN_KEYWORDS = new Map([
  ['invokeai_metadata', 'InvokeAI'],
  ['invokeai_graph', 'InvokeAI'],
  ['sd-metadata', 'InvokeAI'],
]);

/**
 * What a picture's metadata says of a generator: PNG texts, EXIF, XMP (IPTC digital source type, creator tool, credit)
 * and C2PA claims. A camera or an editor gives no fact, signed or not. Metadata can be forged and stripped: a fact is
 * evidence, its absence is none.
 * @returns at most 20 facts.
 * @throws where the file cannot be read; malformed metadata is passed over.
 */
export function readProvenance(task: AnalysisTask): ProvenanceFact[] {
  const facts = readMetadataBlocks(task).flatMap(factsOfBlock);
  const distinct = new Map(facts.map((fact) => [`${fact.source} ${fact.value}`, fact]));
  return [...distinct.values()].slice(0, MOST_FACTS);
}

function factsOfBlock(block: MetadataBlock): ProvenanceFact[] {
  switch (block.kind) {
    case 'text':
      return factsOfText(block.keyword, block.text);
    case 'exif':
      return readExifTexts(block.bytes).flatMap(({ tag, text }) => {
        return facts(`exif:${tag}`, (NAMING_FIELDS.has(tag) ? generatorNamed(text) : null) ?? generatorDescribed(text));
      });
    case 'xmp':
      return factsOfXmp(block.text);
    case 'c2pa':
      return factsOfC2pa(block.bytes);
  }
}

function factsOfText(keyword: string, text: string): ProvenanceFact[] {
  const source = `text:${printable(keyword)}`;
  const owner = OWN_KEYWORDS.get(keyword);
  if (owner !== undefined) return facts(source, { generator: owner, value: text });
  return facts(source, (NAMING_FIELDS.has(keyword) ? generatorNamed(text) : null) ?? generatorDescribed(text));
}

function factsOfXmp(xmp: string): ProvenanceFact[] {
  const tool = xmpProperty(xmp, 'CreatorTool');
  const sourceType = trainedSourceType(xmpProperty(xmp, 'DigitalSourceType'));
  return [
    ...(sourceType === null ? [] : [fact('xmp:DigitalSourceType', null, sourceType)]),
    ...facts('xmp:CreatorTool', generatorNamed(tool)),
    ...facts('xmp', generatorDescribed(xmp)),
  ];
}

/** An attribute or an element, whatever its prefix; empty where it is absent. */
function xmpProperty(xmp: string, name: string): string {
  const match = new RegExp(`:${name}(?:\\s*=\\s*["']([^"'<>]{1,500})|\\s*>([^<]{1,500})<)`).exec(xmp);
  const resource = new RegExp(`:${name}\\s+rdf:resource\\s*=\\s*["']([^"'<>]{1,500})`).exec(xmp);
  return match?.[1] ?? match?.[2] ?? resource?.[1] ?? '';
}

/** A manifest alone says nothing: cameras and editors sign too. */
function factsOfC2pa(store: Buffer): ProvenanceFact[] {
  const claims = readClaims(store);
  const sourceType = trainedSourceType(claims.text);
  return [
    ...claims.tools.flatMap(({ key, name }) => facts(`c2pa:${key}`, generatorNamed(name))),
    ...(sourceType === null ? [] : [fact('c2pa:digitalSourceType', null, sourceType)]),
  ];
}

function facts(source: string, marker: Marker | null): ProvenanceFact[] {
  return marker === null ? [] : [fact(source, marker.generator, marker.value)];
}

function fact(source: string, generator: string | null, value: string): ProvenanceFact {
  return { source, generator, value: printable(value) };
}

/** One line of at most 200 printable code points: well-formed, since `\p{C}` takes in lone surrogates. */
function printable(text: string): string {
  const line = text
    .slice(0, 4 * MOST_VALUE_CHARACTERS)
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim();
  return Array.from(line).slice(0, MOST_VALUE_CHARACTERS).join('');
}
