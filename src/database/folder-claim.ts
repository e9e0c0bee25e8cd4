import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import { findProcess } from './process-table.js';

const CLAIM = /^claim-(\d+)-(.+)$/;
const ATTEMPTS = 8;

/**
 * Claims a folder for this process alone, until it ends or calls the returned function. Each process writes a claim of
 * its own and only then looks for others: of two that come at once each sees the other's, withdraws and tries again
 * after a random pause. Nobody ever removes the claim of a living process, so a dead one's can be taken over safely.
 * @throws {StartupError} when a living process holds it.
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const ours = claimOf(process.pid) ?? `claim-${process.pid}-unknown`;
  const release = () => rm(join(folder, ours), { force: true });
  if (existsSync(join(folder, ours))) throw inUse(folder, process.pid);
  for (let attempt = 1; ; attempt += 1) {
    await writeFile(join(folder, ours), '');
    const holder = await findOtherHolder(folder, ours);
    if (holder === undefined) return release;
    await release();
    if (attempt === ATTEMPTS) throw inUse(folder, holder);
    await sleep(20 + Math.random() * 80);
  }
}

function inUse(folder: string, holder: number): StartupError {
  return new StartupError(
    `${folder} is in use by another running assay (process ${holder}). Stop it first, or set DATA_DIR to another folder.`,
  );
}

async function findOtherHolder(folder: string, ours: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const pid = Number(CLAIM.exec(name)?.[1]);
    if (!pid || name === ours) continue;
    if (name === claimOf(pid)) return pid;
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

/** What a living process of that pid calls its claim. */
function claimOf(pid: number): string | undefined {
  const found = findProcess(pid);
  return found && `claim-${pid}-${found.startedAt.replace(/[^A-Za-z0-9]/g, '_')}`;
}
