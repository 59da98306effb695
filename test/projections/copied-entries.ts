import type { ClientBase } from 'pg';
import type { PositionRange, Projection } from '../../src/projections/projection.js';
import type { TestDatabase } from '../support/database.js';

const MAKE_TABLE = `
CREATE TABLE copied_entries (position bigint NOT NULL, account_no bigint NOT NULL, seq bigint NOT NULL);
GRANT SELECT, INSERT ON copied_entries TO credits_ledger_app`;

const COPY = `
INSERT INTO copied_entries (position, account_no, seq)
SELECT position, account_no, seq FROM entries WHERE position > $1 AND position <= $2`;

/** The simplest projection there is: which entries came by. */
export class CopiedEntries implements Projection {
  readonly name = 'copied_entries';
  readonly tables = ['copied_entries'];
  readonly settings = {};
  /** Called inside the transaction, before anything is written. */
  beforeFold: (range: PositionRange, client: ClientBase) => Promise<void> | void = () => {};

  constructor(readonly version = 1) {}

  async prepare({ ownerPool }: TestDatabase): Promise<void> {
    await ownerPool.query(MAKE_TABLE);
  }

  async fold(client: ClientBase, range: PositionRange): Promise<void> {
    await this.beforeFold(range, client);
    await client.query(COPY, [range.after, range.upTo]);
  }
}

/** What is wrong with the copy: entries that are missing, there twice, or out of their account's order. */
export async function faultsOf({ ownerPool }: TestDatabase): Promise<string[]> {
  const { rows } = await ownerPool.query<{ fault: string }>(`
    SELECT 'missing: position ' || position AS fault FROM entries WHERE position NOT IN (SELECT position FROM copied_entries)
    UNION ALL SELECT 'twice: position ' || position FROM copied_entries GROUP BY position HAVING count(*) > 1
    UNION ALL SELECT 'out of order: seq ' || seq || ' of account ' || account_no
    FROM (SELECT *, row_number() OVER (PARTITION BY account_no ORDER BY position) AS nth FROM copied_entries) c WHERE seq <> nth`);
  return rows.map(({ fault }) => fault);
}
