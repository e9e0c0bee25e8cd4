import type { DatasetRequest } from '../../../models/dataset-request.js';
import type { QcResult } from '../../../models/qc-result.js';

/**
 * What a picture matched, as far as everybody may know it who reads the report: a reference, or a picture of the same
 * customer.
 */
export function matchShown({ reference, matchedImage }: QcResult, request: DatasetRequest) {
  const own = matchedImage?.ownerId === request.ownerId && matchedImage.requestId !== null ? matchedImage : null;
  return { sourceUrl: reference?.sourceUrl ?? null, image: reference ? null : own };
}
