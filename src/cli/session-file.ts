import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { createClient, type AssayClient, type TokenStore } from '../../client/index.js';
import { CliError } from './command.js';
import { configFolder } from './user-folders.js';

const sessionSchema = z.object({
  url: z.url(),
  /** Of a login, renewed as they end; or a personal access token. */
  tokens: z.object({ access: z.string(), refresh: z.string() }).optional(),
  token: z.string().optional(),
});

export type KeptSession = z.infer<typeof sessionSchema>;

const pathOf = () => join(configFolder(), 'session.json');

/** Null where nobody is signed in. */
export async function readSession(): Promise<KeptSession | null> {
  try {
    return sessionSchema.parse(JSON.parse(await readFile(pathOf(), 'utf8')));
  } catch {
    return null;
  }
}

/** Readable by its owner alone; whole or not at all, whoever else writes it. */
export async function writeSession(session: KeptSession): Promise<void> {
  const path = pathOf();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  await rm(partial, { force: true });
  await writeFile(partial, JSON.stringify(session), { mode: 0o600, flag: 'wx' });
  await chmod(partial, 0o600);
  await rename(partial, path);
}

export const forgetSession = () => rm(pathOf(), { force: true });

/**
 * A client that goes on with the session of `login`, or with the token in `ASSAY_TOKEN`.
 * @throws {CliError} where nobody is signed in.
 */
export async function signedInClient(): Promise<AssayClient> {
  const session = await readSession();
  const { ASSAY_TOKEN: token, ASSAY_URL } = process.env;
  if (token) return createClient({ url: serviceUrl(ASSAY_URL ?? session?.url), token });
  if (!session) throw new CliError('Sign in first: npx assay login.');
  const { url, token: kept } = session;
  return kept === undefined ? createClient({ url, credentials: storeOf(url) }) : createClient({ url, token: kept });
}

/** Read anew each time, since another process may have renewed them. */
const storeOf = (url: string): TokenStore => ({
  read: async () => (await readSession())?.tokens ?? null,
  write: (tokens) => (tokens ? writeSession({ url, tokens }) : forgetSession()),
});

/** @throws {CliError} unless it is one of HTTP. */
export function serviceUrl(text = 'http://localhost:8000'): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError('Give the address of a service, such as https://assay.example.com.');
  }
  return url.href.replace(/\/+$/, '');
}
