import type { Client } from 'pg';
import { spreadAccount } from './contestant.js';

/** About this many rows per statement: long enough to be fast, short enough to say how far it is. */
const ROWS_PER_STATEMENT = 200_000;

/**
 * Copies every row of the first spread account to the others, in the order a living ledger would have them (everybody's
 * first entry, everybody's second, …). What an account's rows say is relative to the account, so the copies are ledgers
 * as good as the original; only the stored answers still name it.
 */
export async function cloneAccount(client: Client, accounts: number, say: (line: string) => void): Promise<void> {
  const original = spreadAccount(0);
  const { rows } = await client.query<{ account_no: string; seq: string }>(
    'SELECT account_no, seq FROM accounts WHERE id = $1',
    [original],
  );
  const { account_no: from, seq } = rows[0]!;
  await client.query(NUMBER_THE_COPIES, [accounts, original]);
  await client.query(COPY_NAMES);
  await client.query(await copyOf(client, 'accounts', `o.account_no = ${from}`, ['id']));
  await client.query(await copyOf(client, 'balance_snapshots', `o.account_no = ${from}`));
  const step = Math.max(1, Math.floor(ROWS_PER_STATEMENT / accounts));
  for (let first = 1; first <= Number(seq); first += step) {
    const range = `o.account_no = ${from} AND o.seq BETWEEN ${first} AND ${first + step - 1}`;
    await client.query(await copyOf(client, 'entries', range));
    await client.query(await copyOf(client, 'outcomes', range));
    say(`growing: ${Math.min(first + step - 1, Number(seq))} of ${seq} entries an account, ${accounts} accounts`);
  }
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
}

/** INSERT … SELECT over all columns but those that differ: number, name, and the position, which is given anew. */
async function copyOf(client: Client, table: string, where: string, named: readonly string[] = []): Promise<string> {
  const { rows } = await client.query<{ column_name: string }>(COLUMNS, [table]);
  const columns = rows.map(row => row.column_name).filter(column => column !== 'position');
  const values = columns.map(column =>
    column === 'account_no' || named.includes(column) ? `copies.${column}` : `o.${column}`,
  );
  const order = columns.includes('seq') ? 'ORDER BY o.seq, copies.account_no' : '';
  return `INSERT INTO ${table} (${columns.join()}) SELECT ${values.join()} FROM ${table} o CROSS JOIN copies WHERE ${where} ${order}`;
}

const COLUMNS = `
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`;

const NUMBER_THE_COPIES = `
CREATE TEMPORARY TABLE copies AS
SELECT nextval('account_numbers') AS account_no, regexp_replace($2, '[0-9]+$', '') || n AS id
FROM generate_series(1, $1::integer - 1) AS n`;

const COPY_NAMES = `INSERT INTO account_names (mode, id, account_no) SELECT 'live', id, account_no FROM copies`;
