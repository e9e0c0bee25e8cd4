import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { PEERS } from './npm-packages.js';
import { bytesOfHex, hammingComparer, type PairwiseTool } from './tool.js';

const PYTHON = join(PEERS, '.venv/bin/python');
const HASH_BYTES = 8;

/**
 * Python's `imagehash` in a process of its own that answers line by line. 64 bits; its readme's example takes up to 5
 * for a copy. @throws where it is not installed.
 */
export function pythonImagehash(name: 'phash' | 'dhash'): PairwiseTool {
  if (!existsSync(PYTHON)) throw new Error(`${PYTHON} is not there.`);
  let process: LineProcess | undefined;
  return {
    name: name === 'phash' ? 'imagehash pHash' : 'imagehash dHash',
    bytes: HASH_BYTES,
    ownThreshold: 5,
    timed: true,
    describe: async (file) => {
      process ??= new LineProcess();
      const hex = await process.ask(`${name}\t${file}`);
      return hex === '' ? null : bytesOfHex(hex);
    },
    comparer: hammingComparer,
    cpuSeconds: async () => {
      process ??= new LineProcess();
      return Number(await process.ask('cpu'));
    },
    close: () => process?.end(),
  };
}

class LineProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];

  constructor() {
    this.child = spawn(PYTHON, [join(PEERS, 'imagehash_lines.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // One thread, as the others have.
      env: { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift()?.resolve(line));
    this.child.on('exit', (code) => {
      for (const { reject } of this.waiting) reject(new Error(`${PYTHON} ended with ${String(code)}.`));
    });
  }

  ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${line}\n`);
    });
  }

  end(): void {
    this.child.stdin.end();
  }
}
