import { startDatabaseServer, stopDatabaseServer } from './database.js';
import { killLaunched } from './processes.js';

/** Once a run, before the processes begin that take the test files between them. */
export async function mochaGlobalSetup(): Promise<void> {
  await startDatabaseServer();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopDatabaseServer();
}

/** After each test file: nothing that it launched outlives it. */
export const mochaHooks = {
  afterAll(): void {
    killLaunched();
  },
};
