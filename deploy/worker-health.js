import { hostname } from 'node:os';
import process from 'node:process';
import pg from 'pg';

/**
 * Exits with 0 while a QC worker process of this machine shows signs of life, as it does every few seconds in the
 * database. A worker listens on no port that could be asked.
 */
const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 });
await client.connect();
const { rowCount } = await client.query(
  "select from worker_processes where host = $1 and heartbeat_at > now() - interval '30 seconds' limit 1",
  [hostname()],
);
await client.end();
process.exitCode = rowCount === 1 ? 0 : 1;
