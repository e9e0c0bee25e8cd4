import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { QcResult } from '../../../models/qc-result.js';
import { inPages } from '../../database/in-pages.js';
import { type Consensus, consensusOf } from '../tasks/consensus.js';
import { type StandingLabel, standingLabels } from '../tasks/standing-labels.js';
import { exportedFileName } from './file-names.js';

const PAGE = 500;

/** One image of an export with all that is said of it. */
export interface ExportedImage {
  image: Image;
  /** What it is called in every export. */
  fileName: string;
  labels: StandingLabel[];
  consensus: Consensus;
  /** Undefined: quality control has not looked at it yet. */
  result: QcResult | undefined;
}

function exportedOf(
  db: Knex,
  requestId: string,
  { includeRejected }: { includeRejected: boolean },
): QueryBuilder<Image> {
  const images = Image.query(db).where('images.requestId', requestId);
  return includeRejected ? images : images.modify('accepted');
}

export function countExported(db: Knex, requestId: string, scope: { includeRejected: boolean }): Promise<number> {
  return exportedOf(db, requestId, scope).resultSize();
}

/** The images that are there now, oldest first, page by page: whatever comes while they are read is for the next export. */
export async function* exportedImages(
  db: Knex,
  request: DatasetRequest,
  scope: { includeRejected: boolean },
): AsyncGenerator<ExportedImage[]> {
  const newest = await exportedOf(db, request.id, scope).orderBy('images.id', 'desc').select('images.id').first();
  if (!newest) return;
  const query = () => exportedOf(db, request.id, scope).where('images.id', '<=', newest.id);
  for await (const images of inPages(query, 'images.id', PAGE)) {
    const ids = images.map(({ id }) => id);
    const labels = await standingLabels(db, ids);
    const results = await QcResult.query(db).findByIds(ids).withGraphFetched('[matchedImage, reference]');
    const resultOf = new Map(results.map((result) => [result.imageId, result]));
    yield images.map((image) => {
      const standing = labels.get(image.id) ?? [];
      return {
        image,
        fileName: exportedFileName(image),
        labels: standing,
        consensus: consensusOf(
          standing.map(({ classes }) => classes),
          request.classes,
        ),
        result: resultOf.get(image.id),
      };
    });
  }
}
