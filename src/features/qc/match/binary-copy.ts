import type { Knex } from 'knex';
import type { Submittable } from 'pg';

/** What knex keeps to itself. */
interface Connections {
  acquireConnection(): Promise<{ query(copy: BinaryCopy): void }>;
  releaseConnection(connection: unknown): Promise<void>;
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, and the length of an extension that there is none of. */
const HEADER_BYTES = SIGNATURE.length + 8;
const END = -1;
const NULL = -1;

/** The columns of a row, by their numbers. Lent: neither it nor its bytes outlive the call. */
export interface CopiedRow {
  /** @returns null for a null. */
  bytes(column: number): Buffer | null;
  /** Of a `smallint`, an `integer` or a `bigint` that a number holds exactly. @throws {RangeError} for any other value. */
  integer(column: number): number;
}

/**
 * Runs a statement as `COPY … TO STDOUT (FORMAT binary)`: bytes come as they are, where the driver would have each spelled
 * out as two digits, and nothing is made of a row but what `onRow` makes of it.
 * @param query without parameters; what is put into it must be numbers, or quoted by `copyLiteral` and `copyBytes`.
 */
export async function copyOut(db: Knex, query: string, onRow: (row: CopiedRow) => void): Promise<void> {
  const connections = db.client as Connections;
  const connection = await connections.acquireConnection();
  return new Promise((resolve, reject) => {
    const done = (error: Error | null) => {
      void connections.releaseConnection(connection);
      if (error) reject(error);
      else resolve();
    };
    connection.query(new BinaryCopy(`copy (${query}) to stdout (format binary)`, onRow, done));
  });
}

/** A list of byte strings for `= any(…)`. */
export const copyBytes = (list: readonly Uint8Array[]) =>
  `cast('{${list.map((bytes) => `"\\\\x${Buffer.from(bytes).toString('hex')}"`).join()}}' as bytea[])`;

/** A list of whole numbers for `= any(…)`. @throws {RangeError} for anything else. */
export function copyNumbers(list: readonly number[]): string {
  const odd = list.find((number) => !Number.isSafeInteger(number));
  if (odd !== undefined) throw new RangeError(`${odd} is no whole number`);
  return `cast('{${list.join()}}' as bigint[])`;
}

/** A string, quoted. */
export const copyLiteral = (text: string) => ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** What node-postgres calls as the server's messages come in. */
class BinaryCopy implements Submittable, CopiedRow {
  readonly #text: string;
  readonly #onRow: (row: CopiedRow) => void;
  readonly #done: (error: Error | null) => void;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #row: Buffer = SIGNATURE;
  #isBegun = false;
  #fault: Error | null = null;

  constructor(text: string, onRow: (row: CopiedRow) => void, done: (error: Error | null) => void) {
    this.#text = text;
    this.#onRow = onRow;
    this.#done = done;
  }

  submit(connection: { query(text: string): void }): null {
    connection.query(this.#text);
    return null;
  }

  /** The server sends a row a message, the header along with the first. */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#fault) return;
    try {
      let at = 0;
      if (!this.#isBegun) {
        if (!chunk.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new Error('This is no binary copy');
        at = HEADER_BYTES;
        this.#isBegun = true;
      }
      if (at < chunk.length && this.#open(chunk, at)) this.#onRow(this);
    } catch (error) {
      this.#fault = error as Error;
    }
  }

  bytes(column: number): Buffer | null {
    const length = this.#lengths[column]!;
    const start = this.#starts[column]!;
    return length === NULL ? null : this.#row.subarray(start, start + length);
  }

  integer(column: number): number {
    const [start, length] = [this.#starts[column]!, this.#lengths[column]!];
    if (length === 2) return this.#row.readInt16BE(start);
    if (length === 4) return this.#row.readInt32BE(start);
    const value = length === 8 ? this.#row.readInt32BE(start) * 2 ** 32 + this.#row.readUInt32BE(start + 4) : NaN;
    if (!Number.isSafeInteger(value)) throw new RangeError(`Column ${column} holds no number`);
    return value;
  }

  handleReadyForQuery(): void {
    this.#done(this.#fault);
  }

  handleError(error: Error): void {
    this.#done(error);
  }

  handleRowDescription(): void {
    // A copy has none.
  }

  handleDataRow(): void {
    // Rows come as copied data.
  }

  handleCommandComplete(): void {
    // The server says that it is ready right after.
  }

  /** @returns false at the end. */
  #open(chunk: Buffer, start: number): boolean {
    const columns = chunk.readInt16BE(start);
    if (columns === END) return false;
    this.#row = chunk;
    let at = start + 2;
    for (let column = 0; column < columns; column++) {
      const length = chunk.readInt32BE(at);
      at += 4;
      this.#starts[column] = at;
      this.#lengths[column] = length;
      if (length !== NULL) at += length;
    }
    if (at !== chunk.length) throw new Error('A row of a binary copy is not whole');
    return true;
  }
}
