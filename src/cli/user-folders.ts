import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a user's programs keep what may be deleted, and what he set up (XDG Base Directory Specification). */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay');
export const configFolder = () => join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'assay');
