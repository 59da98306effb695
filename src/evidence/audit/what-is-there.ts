import type { Client } from 'pg';
import { AS_PRINTED, PRINTED_COLUMNS, type PrintedEntry } from '../entry-hash.js';
import { entryKey } from '../log/read-entries.js';
import type { Extra, Suspect } from './compare-group.js';

const ROWS = `
SELECT ${PRINTED_COLUMNS}
FROM unnest($1::bigint[], $2::bigint[]) AS u(account_no, seq)
JOIN entries e ON e.account_no = u.account_no AND e.seq = u.seq LEFT JOIN account_names n ON n.account_no = e.account_no`;
/** A log that was made anew has salts in other places than the signed one: found by the entry, not by its number. */
const SALTS = `
SELECT k.account_no, k.seq, substring(t.salts FROM (position(k.leaf IN t.leaves) - 2) / 57 * 16 + 1 FOR 16) AS salt
FROM (SELECT u.*, int8send(u.account_no) || int8send(u.seq) || int8send(u.position) AS leaf
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(account_no, seq, position) OFFSET 0) k,
     LATERAL (SELECT leaves, salts FROM log_tiles WHERE first_position <= k.position ORDER BY first_position DESC LIMIT 1) t
WHERE position(k.leaf IN t.leaves) > 0 AND t.salts IS NOT NULL`;
const NAMES = `
SELECT account_no, mode, id AS account FROM account_names WHERE account_no = ANY ($1)
UNION SELECT account_no, mode, id FROM accounts WHERE account_no = ANY ($1)`;
const LAST_SEQS = `SELECT account_no, max(seq) AS seq FROM entries WHERE account_no = ANY ($1) GROUP BY account_no`;
const UNITS = `SELECT unit FROM units`;

export type Name = Pick<PrintedEntry, 'mode' | 'account'>;

/** What the database has now of suspects, beyond what was met where they should be. By `entryKey`, or account number. */
export class WhatIsThere {
  readonly names = new Map<number, Name[]>();
  readonly lastSeqs = new Map<number, number>();
  /** Of those that were not found between the positions where they should be. */
  readonly rows = new Map<string, PrintedEntry>();
  readonly salts = new Map<string, Buffer>();
  readonly units: string[] = [];

  private constructor(private readonly client: Client) {}

  static async read(client: Client, suspects: readonly Suspect[], extras: readonly Extra[]): Promise<WhatIsThere> {
    const there = new WhatIsThere(client);
    if (suspects.length + extras.length === 0) return there;
    await there.readRows(suspects.filter(({ row }) => row === null));
    await there.readSalts(suspects.map(({ leaf }) => leaf));
    const moved = [...there.rows.values(), ...suspects.flatMap(({ row }) => (row === null ? [] : [row]))];
    await there.readSalts(moved.map(row => ({ accountNo: row.account_no, seq: row.seq, position: row.position })));
    const accounts = new Set(suspects.map(({ leaf }) => leaf.accountNo));
    for (const { row } of extras) accounts.add(Number(row.account_no));
    await there.readAccounts([...accounts]);
    for (const { unit } of (await client.query<{ unit: string }>(UNITS)).rows) there.units.push(unit);
    return there;
  }

  private async readRows(lost: readonly Suspect[]): Promise<void> {
    const { rows } = await this.client.query<PrintedEntry>({
      text: ROWS,
      values: [lost.map(({ leaf }) => leaf.accountNo), lost.map(({ leaf }) => leaf.seq)],
      types: AS_PRINTED,
    });
    for (const row of rows) this.rows.set(entryKey(row), row);
  }

  private async readSalts(
    of: readonly { accountNo: number | string; seq: number | string; position: number | string }[],
  ): Promise<void> {
    const { rows } = await this.client.query<{ account_no: string; seq: string; salt: Buffer }>(SALTS, [
      of.map(({ accountNo }) => accountNo),
      of.map(({ seq }) => seq),
      of.map(({ position }) => position),
    ]);
    for (const row of rows) this.salts.set(entryKey(row), row.salt);
  }

  private async readAccounts(accounts: readonly number[]): Promise<void> {
    const names = await this.client.query<Name & { account_no: string }>(NAMES, [accounts]);
    for (const { account_no, mode, account } of names.rows) {
      this.names.set(Number(account_no), [...(this.names.get(Number(account_no)) ?? []), { mode, account }]);
    }
    const seqs = await this.client.query<{ account_no: string; seq: string }>(LAST_SEQS, [accounts]);
    for (const { account_no, seq } of seqs.rows) this.lastSeqs.set(Number(account_no), Number(seq));
  }
}
