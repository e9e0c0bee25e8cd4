export { TRPCClientError } from '@trpc/client';
export type { AppRouter } from '../src/router.js';
export * from './create-client.js';
export { HttpFault, statusOf } from './retry.js';
export type { Credentials, PasswordCredentials, SessionTokens, TokenStore } from './session.js';
export type {
  CallOptions,
  DeferredFile,
  FileProgress,
  RefusedFile,
  UploadSource,
  UploadSources,
} from './upload-calls.js';
export * from './upload-clinical-images.js';
export * from './upload-files.js';
export type { QcStatus, WatchOptions } from './watch-qc.js';
