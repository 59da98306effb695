import type { ClientBase, Connection, Submittable } from 'pg';

/** Signature, flags and the length of the (always empty) header extension. */
const COPY_SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = COPY_SIGNATURE.length + 8;
const TRAILER = -1;

/** What stands behind a backslash, where it is not the character itself. */
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * Called for each row with the bytes and where its fields begin. The bytes are the driver's own buffer and change as soon
 * as the call returns, so a row is decoded at once or not at all.
 */
export type OnRow = (bytes: Buffer, fieldsAt: number) => void;

/**
 * Streams a query's rows in PostgreSQL's binary COPY format, which costs half of what rows cost that the driver makes
 * objects of. Rows are handled while they arrive, so memory stays at one network buffer however long the answer is.
 * @returns how many rows there were.
 * @throws what PostgreSQL says, or what `onRow` threw first; the rest of the answer is then skipped.
 */
export function copyOut(client: ClientBase, query: string, onRow: OnRow): Promise<number> {
  let headerSeen = false;
  let rows = 0;
  // The header comes with the first row, the trailer alone.
  const onChunk = (chunk: Buffer): void => {
    const at = headerSeen ? 0 : afterHeader(chunk);
    headerSeen = true;
    if (at >= chunk.length || chunk.readInt16BE(at) === TRAILER) return;
    rows++;
    onRow(chunk, at + 2);
  };
  return run(client, `COPY (${query}) TO STDOUT (FORMAT binary)`, onChunk).then(() => rows);
}

/**
 * The same as lines of text, which take less room than what stands in them: `printedValues` takes one apart.
 * @param onLine is given each row without its line end; the bytes are the driver's, as of `OnRow`
 */
export function copyOutLines(client: ClientBase, query: string, onLine: (line: Buffer) => void): Promise<void> {
  return run(client, `COPY (${query}) TO STDOUT`, chunk => onLine(chunk.subarray(0, -1)));
}

/**
 * The values of a line in the order of the columns, each as PostgreSQL prints it, null as null. They are parted by tabs;
 * tabs, line ends and backslashes within them are escaped, and `\N` is null.
 */
export function printedValues(line: string): (string | null)[] {
  const values: (string | null)[] = line.split('\t');
  if (!line.includes('\\')) return values;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === '\\N') values[i] = null;
    else if (value.includes('\\')) values[i] = value.replace(/\\(.)/g, (_, char: string) => ESCAPED[char] ?? char);
  }
  return values;
}

function run(client: ClientBase, statement: string, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOut(statement, onChunk, resolve, reject));
  });
}

class CopyOut implements Submittable {
  private failure: unknown;

  constructor(
    private readonly statement: string,
    private readonly onChunk: (chunk: Buffer) => void,
    private readonly resolve: () => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  submit(connection: Connection): void {
    (connection as unknown as { query(text: string): void }).query(this.statement);
  }

  /** One message is one row. */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.failure !== undefined) return;
    try {
      this.onChunk(chunk);
    } catch (error) {
      this.failure = error;
    }
  }

  handleCommandComplete(): void {}

  handleError(error: unknown): void {
    this.failure ??= error;
    // An error before the query was sent has no ReadyForQuery after it; settling twice is harmless.
    this.reject(this.failure);
  }

  handleReadyForQuery(): void {
    if (this.failure === undefined) this.resolve();
    else this.reject(this.failure);
  }
}

function afterHeader(chunk: Buffer): number {
  if (chunk.compare(COPY_SIGNATURE, 0, COPY_SIGNATURE.length, 0, COPY_SIGNATURE.length) !== 0) {
    throw new Error('PostgreSQL did not answer with a binary COPY');
  }
  return HEADER_BYTES;
}
