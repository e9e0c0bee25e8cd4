import { pbkdf2Sync } from 'node:crypto';
import { availableParallelism, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { Piscina } from 'piscina';

export const KEY_BYTES = 32;
/** A login takes a core for a fraction of a second: one core stays with everybody else, as far as there are two. */
export const DERIVATIONS_AT_A_TIME = Math.min(2, Math.max(1, availableParallelism() - 1));

export interface Derivation {
  password: string;
  salt: string;
  iterations: number;
}

let threads: Piscina<Derivation, Uint8Array> | undefined;

/**
 * PBKDF2-HMAC-SHA256 in threads of its own, which yield to all others: those of libuv read and write files, and a queue
 * of passwords on them would make every upload and every picture wait. The threads go when nobody signs in.
 */
export async function deriveKey(derivation: Derivation): Promise<Buffer> {
  threads ??= new Piscina({
    filename: fileURLToPath(new URL(`./derive-key${extname(import.meta.url)}`, import.meta.url)),
    name: 'deriveInThread',
    minThreads: 0,
    maxThreads: DERIVATIONS_AT_A_TIME,
    idleTimeout: 30_000,
    atomics: 'disabled',
  });
  return Buffer.from(await threads.run(derivation));
}

/** Runs in such a thread. */
export function deriveInThread({ password, salt, iterations }: Derivation): Uint8Array {
  return pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha256');
}

/** To answers, not to quality control, which runs at 10. Linux sets the priority of the calling thread alone. */
const PRIORITY = 5;

function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(PRIORITY);
  } catch {
    // Forbidden here: no reason not to work.
  }
}

if (!isMainThread) yieldToOthers();
