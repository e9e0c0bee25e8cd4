const IPTC_RESOURCE = 0x0404;
const DATASET_MARK = 0x1c;
const MOST_DATASETS = 500;

/** The datasets of record 2 (IPTC-IIM 4.2) that name who or what made a picture. */
const DATASETS = new Map([
  [40, 'SpecialInstructions'],
  [65, 'OriginatingProgram'],
  [80, 'Byline'],
  [110, 'Credit'],
  [115, 'Source'],
  [120, 'Caption'],
]);

export interface IptcText {
  dataset: string;
  text: string;
}

/** Reads IPTC-IIM texts from Photoshop's image resources; a broken structure ends the list where it breaks. */
export function readIptcTexts(resources: Buffer): IptcText[] {
  for (let at = 0; resources.toString('latin1', at, at + 4) === '8BIM';) {
    if (at + 12 > resources.length) return [];
    const id = resources.readUInt16BE(at + 4);
    const nameLength = resources[at + 6] ?? 0;
    const sizeAt = at + 6 + evened(nameLength + 1);
    if (sizeAt + 4 > resources.length) return [];
    const dataAt = sizeAt + 4;
    const size = resources.readUInt32BE(sizeAt);
    if (id === IPTC_RESOURCE) return readDatasets(resources.subarray(dataAt, dataAt + size));
    at = dataAt + evened(size);
  }
  return [];
}

function readDatasets(bytes: Buffer): IptcText[] {
  const texts: IptcText[] = [];
  for (let at = 0, count = 0; at + 5 <= bytes.length && bytes[at] === DATASET_MARK && count < MOST_DATASETS; count++) {
    const size = bytes.readUInt16BE(at + 3);
    const dataset = bytes[at + 1] === 2 ? DATASETS.get(bytes[at + 2] ?? 0) : undefined;
    if (dataset !== undefined) texts.push({ dataset, text: bytes.toString('utf8', at + 5, at + 5 + size) });
    at += 5 + size;
  }
  return texts;
}

const evened = (length: number) => length + (length % 2);
