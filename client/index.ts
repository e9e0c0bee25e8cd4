export { TRPCClientError } from '@trpc/client';
export type { AppRouter } from '../src/router.js';
export * from './create-client.js';
export type { CallOptions, RefusedFile, UploadSource } from './upload-calls.js';
export * from './upload-clinical-images.js';
export * from './upload-files.js';
