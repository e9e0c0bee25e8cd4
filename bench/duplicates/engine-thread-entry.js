// A worker thread does not inherit the loader that the benchmark's TypeScript runs by.
import { register } from 'tsx/esm/api';

register();

export const { fingerprintFile, propose, compare, search } = await import('./engine-thread.ts');
