export { TRPCClientError } from '@trpc/client';
export type { AppRouter } from '../src/router.js';
export * from './create-client.js';
export * from './upload-files.js';
