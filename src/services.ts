import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { CallLimits } from './features/auth/call-limits.js';
import type { TokenSigner } from './features/auth/token-signer.js';
import type { ExportUrls } from './features/exports/export-urls.js';
import type { PictureUrls } from './features/images/picture-urls.js';
import type { QcEvents } from './features/qc/events.js';
import type { Storage } from './storage/storage.js';

/** What every request shares: made once at start. */
export interface Services {
  config: Config & { publicUrl: string; jwtSecret: string };
  db: Knex;
  storage: Storage;
  pictureUrls: PictureUrls;
  exportUrls: ExportUrls;
  tokens: TokenSigner;
  callLimits: CallLimits;
  qcEvents: QcEvents;
  log: Logger;
}
