import { Client } from 'pg';
import type { Mode } from '../ledger/submission.js';
import { Misuse } from './misuse.js';

const FIND = `SELECT account_no, mode FROM account_names WHERE id = $1 AND ($2::text IS NULL OR mode = $2)`;

export interface FoundAccount {
  readonly no: number;
  readonly mode: Mode;
}

/** What an account's id stands for. @throws Misuse where there is none, or one in each mode */
export async function findAccount(ownerUrl: string, id: string, mode: Mode | null): Promise<FoundAccount> {
  const client = new Client({ connectionString: ownerUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ account_no: string; mode: Mode }>(FIND, [id, mode]);
    if (rows.length > 1)
      throw new Misuse(`There is a live and a test account ${id}: say which with --mode live or --mode test.`);
    if (rows[0] === undefined) {
      throw new Misuse(
        `There is no ${mode === null ? '' : `${mode} `}account ${JSON.stringify(id)}. Ids are compared byte for byte.`,
      );
    }
    return { no: Number(rows[0].account_no), mode: rows[0].mode };
  } finally {
    await client.end();
  }
}
