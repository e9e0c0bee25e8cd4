import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { QueryResult } from 'pg';

/** What knex keeps to itself: of a transaction it is the one connection, of a pool whichever is free. */
interface Connections {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
}

interface Connection {
  query<Row extends object>(
    query: { name: string; text: string; values: unknown[] },
    done: (error: Error | null, result: QueryResult<Row>) => void,
  ): void;
}

interface Prepared {
  name: string;
  /** With `$1`, `$2`, … */
  text: string;
  /** Which value stands for which of these. */
  keys: string[];
}

const known = new Map<string, Prepared>();

/**
 * Runs a statement that nearly every call makes. Each connection has PostgreSQL parse it once, and neither a query
 * builder nor knex's runner stands between, which cost more than such a statement does.
 * @typeParam Row as the statement names its columns: nothing makes camelCase of them.
 * @param db a pool, or a transaction to take part in.
 * @param sql with `:name` for a value. Written in the code, in few variants, since each is kept for good. It names its
 *   columns one by one: a prepared `select *` fails once a newer release has added a column.
 */
export async function runPrepared<Row extends object>(
  db: Knex | Knex.Transaction,
  sql: string,
  values: Record<string, unknown>,
): Promise<Row[]> {
  const { name, text, keys } = prepare(sql);
  // Its connection may be somebody else's by now.
  if ('isCompleted' in db && db.isCompleted()) throw new Error('The transaction has ended already');
  const connections = db.client as Connections;
  const connection = await connections.acquireConnection();
  return new Promise((resolve, reject) => {
    connection.query<Row>({ name, text, values: keys.map((key) => values[key]) }, (error, result) => {
      void connections.releaseConnection(connection);
      if (error) reject(error);
      else resolve(result.rows);
    });
  });
}

function prepare(sql: string): Prepared {
  const met = known.get(sql);
  if (met) return met;
  const keys: string[] = [];
  // Not `::`, which casts.
  const text = sql.replaceAll(/(?<!:):([a-z]\w*)/gi, (_, key: string) => {
    if (!keys.includes(key)) keys.push(key);
    return `$${keys.indexOf(key) + 1}`;
  });
  // Named by what it says, so that no two on a connection share a name.
  const prepared = { name: createHash('sha256').update(text).digest('base64url'), text, keys };
  known.set(sql, prepared);
  return prepared;
}
