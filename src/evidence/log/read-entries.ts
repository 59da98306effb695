import type { ClientBase } from 'pg';
import { AS_PRINTED, PRINTED_COLUMNS, type PrintedEntry } from '../entry-hash.js';

/** Positions in one query. */
export const PAGE_POSITIONS = 2_000;

const ENTRIES_BETWEEN = `
SELECT ${PRINTED_COLUMNS}
FROM entries e LEFT JOIN account_names n USING (account_no)
WHERE e.position > $1 AND e.position <= $2
ORDER BY e.position, e.account_no, e.seq`;

const ERASED_BETWEEN = `
SELECT account_no, seq, encode(texts, 'hex') AS texts FROM erased_texts WHERE position > $1 AND position <= $2`;

/** In a session that prints exactly. */
export async function readEntries(client: ClientBase, after: number | string, upTo: number): Promise<PrintedEntry[]> {
  const query = { name: 'entries-as-printed', text: ENTRIES_BETWEEN, values: [after, upTo], types: AS_PRINTED };
  return (await client.query<PrintedEntry>(query)).rows;
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
