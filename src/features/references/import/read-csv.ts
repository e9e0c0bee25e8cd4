import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { type Fault, isHash, type ListedReference, readListed } from './entry.js';

/** Longer rows are no references. */
const MAX_ROW_BYTES = 65_536;

interface Columns {
  hash: number;
  sourceUrl: number;
  quality: number | null;
}

/**
 * A reference a row (RFC 4180), as ThreatExchange's PDQ lists have it: hash and address, or hash, quality and address.
 * A first row of names says which column is which; without one the columns are told by what the first row holds.
 */
export async function* readCsv(path: string): AsyncGenerator<ListedReference | Fault> {
  const rows = createReadStream(path).compose(
    parse({
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: MAX_ROW_BYTES,
      info: true,
    }),
  ) as AsyncIterable<{ record: string[]; info: { lines: number } }>;
  let columns: Columns | null = null;
  for await (const { record, info } of rows) {
    const at = `line ${info.lines}`;
    if (!columns) {
      columns = namedColumns(record);
      if (columns) continue;
      columns = columnsBy(record);
      if (!columns) {
        yield {
          at,
          message: 'There is no PDQ hash of 64 hexadecimal digits, nor a row of names with `hash` and `url`.',
        };
        continue;
      }
    }
    const { hash, sourceUrl, quality } = columns;
    const given = { hash: record[hash], sourceUrl: record[sourceUrl] };
    yield readListed({ ...given, quality: quality === null ? undefined : record[quality] }, at);
  }
}

function namedColumns(record: string[]): Columns | null {
  const names = record.map((name) => name.toLowerCase());
  const find = (...wanted: string[]) => names.findIndex((name) => wanted.includes(name));
  const hash = find('pdq', 'pdq_hash', 'hash', 'value');
  const sourceUrl = find('source_url', 'url', 'source', 'uri');
  const quality = find('quality', 'pdq_quality');
  return hash >= 0 && sourceUrl >= 0 ? { hash, sourceUrl, quality: quality >= 0 ? quality : null } : null;
}

function columnsBy(record: string[]): Columns | null {
  const hash = record.findIndex(isHash);
  if (hash < 0) return null;
  const others = record.map((_, column) => column).filter((column) => column !== hash);
  const quality = others.length > 1 ? others.find((column) => /^\d{1,3}$/.test(record[column] ?? '')) : undefined;
  const sourceUrl = others.find((column) => column !== quality);
  return sourceUrl === undefined ? null : { hash, sourceUrl, quality: quality ?? null };
}
