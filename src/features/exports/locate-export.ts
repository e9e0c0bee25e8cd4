import type { Knex } from 'knex';
import { create as contentDisposition } from 'content-disposition';
import { DatasetExport } from '../../../models/dataset-export.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { notFound } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import { DOWNLOAD_EXPIRES_IN_SECONDS } from './export-urls.js';
import { downloadName } from './file-names.js';
import { fileKinds } from './format.js';

/** The storage's own signed address of a completed export, which has it saved under a name. @throws {DomainError} `not_found`. */
export async function locateExport({ db, storage }: { db: Knex; storage: Storage }, id: string): Promise<string> {
  const found = await DatasetExport.query(db).findById(id);
  const request = found && (await DatasetRequest.query(db).findById(found.requestId));
  if (!found?.storageKey || !request) throw notFound('Export');
  const name = downloadName(request, found);
  return storage.signedGetUrl(found.storageKey, {
    contentType: fileKinds[found.format].contentType,
    disposition: contentDisposition(name, { fallback: name.replace(/[^\x20-\x7e]/g, '_') }),
    expiresInSeconds: DOWNLOAD_EXPIRES_IN_SECONDS,
  });
}
