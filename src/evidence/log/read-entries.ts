import { LRUCache } from 'lru-cache';
import type { ClientBase } from 'pg';
import { copyOutLines, printedValues } from '../../database/copy-out.js';
import { ENTRY_COLUMNS, printedEntry, type PrintedEntry, type PrintedName } from '../entry-hash.js';
import type { EntryNo } from './heads.js';

/** Positions in one query. */
export const PAGE_POSITIONS = 2_000;

/** COPY takes no parameters. */
const entriesBetween = (after: bigint, upTo: bigint): string => `
SELECT ${ENTRY_COLUMNS} FROM entries e
WHERE e.position > '${after}'::bigint AND e.position <= '${upTo}'::bigint
ORDER BY e.position, e.account_no, e.seq`;

const NAMES = `
SELECT account_no::float8 AS "accountNo", mode, id AS account FROM account_names WHERE account_no = ANY ($1)`;

const ERASED_BETWEEN = `
SELECT account_no, seq, encode(texts, 'hex') AS texts FROM erased_texts WHERE position > $1 AND position <= $2`;

/** Far more than come by in one page; some 150 bytes each. */
const REMEMBERED_NAMES = 100_000;

const TAB = 0x09;
const ZERO = 0x30;

const NOBODY: PrintedName = { mode: null, account: null };

/** A row of `entries` as it came: it weighs little until it is taken apart. */
export interface EntryLine extends EntryNo {
  readonly position: number;
  /** `ENTRY_COLUMNS` in COPY's text format. */
  readonly bytes: Buffer;
  name: PrintedName;
}

/** Reads entries. Whose they are it looks up once for each account that it met lately: nobody is ever given another name. */
export class EntryReader {
  private readonly names = new LRUCache<number, PrintedName>({ max: REMEMBERED_NAMES });

  /** In a session that prints exactly; in the order of positions. */
  async read(client: ClientBase, after: number | string, upTo: number): Promise<EntryLine[]> {
    const lines: EntryLine[] = [];
    const nameless: EntryLine[] = [];
    await copyOutLines(client, entriesBetween(BigInt(after), BigInt(upTo)), row => {
      const [accountNo, seq, position] = threeNumbers(row);
      const name = this.names.get(accountNo);
      const line = { accountNo, seq, position, bytes: Buffer.from(row), name: name ?? NOBODY };
      lines.push(line);
      if (name === undefined) nameless.push(line);
    });
    if (nameless.length > 0) await this.name(client, nameless);
    return lines;
  }

  private async name(client: ClientBase, lines: readonly EntryLine[]): Promise<void> {
    const accountNos = [...new Set(lines.map(({ accountNo }) => accountNo))];
    const query = { name: 'names-of-accounts', text: NAMES, values: [accountNos] };
    const { rows } = await client.query<PrintedName & { accountNo: number }>(query);
    const names = new Map(rows.map(({ accountNo, mode, account }) => [accountNo, { mode, account }]));
    for (const [accountNo, name] of names) this.names.set(accountNo, name);
    for (const line of lines) line.name = names.get(line.accountNo) ?? NOBODY;
  }
}

export function entryOf({ bytes, name }: EntryLine): PrintedEntry {
  return printedEntry(printedValues(bytes.toString()), name);
}

/** The columns a line begins with. */
function threeNumbers(line: Buffer): [number, number, number] {
  const numbers: [number, number, number] = [0, 0, 0];
  for (let i = 0, column = 0; column < numbers.length; i++) {
    const byte = line[i]!;
    if (byte === TAB) column++;
    else numbers[column] = numbers[column]! * 10 + byte - ZERO;
  }
  return numbers;
}

/** The hashes that stand for texts that were erased, by `entryKey`. */
export async function readErased(
  client: ClientBase,
  after: number | string,
  upTo: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ account_no: string; seq: string; texts: string }>({
    name: 'erased-texts',
    text: ERASED_BETWEEN,
    values: [after, upTo],
  });
  return new Map(rows.map(row => [entryKey(row), row.texts]));
}

export function entryKey({ account_no, seq }: Record<'account_no' | 'seq', string | number>): string {
  return `${account_no}:${seq}`;
}
