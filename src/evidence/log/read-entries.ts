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

const NOBODY: PrintedName = { mode: null, account: null };

/** A row of `entries` as text: it weighs little until it is taken apart. */
export interface EntryLine extends EntryNo {
  readonly position: number;
  readonly text: string;
  name: PrintedName;
}

/** Reads entries. Whose they are it looks up once for each account that it met lately: nobody is ever given another name. */
export class EntryReader {
  private readonly names = new LRUCache<number, PrintedName>({ max: REMEMBERED_NAMES });

  /** In a session that prints exactly; in the order of positions. */
  async read(client: ClientBase, after: number | string, upTo: number): Promise<EntryLine[]> {
    const lines: EntryLine[] = [];
    const nameless: EntryLine[] = [];
    await copyOutLines(client, entriesBetween(BigInt(after), BigInt(upTo)), text => {
      const [accountNo, seq, position] = text.split('\t', 3);
      const name = this.names.get(Number(accountNo));
      const placed = { accountNo: Number(accountNo), seq: Number(seq), position: Number(position) };
      const line = { ...placed, text, name: name ?? NOBODY };
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

export function entryOf({ text, name }: EntryLine): PrintedEntry {
  return printedEntry(printedValues(text), name);
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

export function entryKey({ account_no, seq }: { readonly account_no: string; readonly seq: string }): string {
  return `${account_no}:${seq}`;
}
