import { stopDatabaseServer } from './database.js';
import { killLaunched } from './processes.js';

/** What the first test that needs it has started, the database server of the run above all, ends with the run. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    killLaunched();
    await stopDatabaseServer();
  },
};
