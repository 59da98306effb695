import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { checkTables } from '../../tools/history/check-tables.js';
import { SqlLedger } from '../../tools/history/sql-ledger.js';
import { ONE_CREDIT } from '../../tools/history/amounts.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.close());

/** An account with 10 credits, of which 4 are held: written by hand, because the service would not write what follows. */
beforeEach(async () => {
  await database.ownerPool.query(`
    DROP TRIGGER IF EXISTS entries_only_inserted ON entries;
    DROP TRIGGER IF EXISTS entries_only_erased ON entries;
    TRUNCATE entries, accounts, account_names, holds;
    INSERT INTO account_names (mode, id, account_no) VALUES ('live', 'a', 1);
    INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, frozen, units, balances, lots)
    VALUES (1, 'live', 'a', 2, '2026-01-01Z', '2026-01-01Z', false, '{credits}', '{10000000,6000000,4000000,0,0,0,0}',
      '{1024,10000000,6000000,4000000,0,0,0,0,50,2,0,1}');
    INSERT INTO entries (account_no, seq, type, unit, amount, granted, available, held, lots, reservation, closes,
      metadata, effective_at, recorded_at)
    VALUES (1, 1, 'grant', 'credits', 10000000, 10000000, 10000000, NULL, '{1024,10000000,10000000,0}', NULL, false,
        '{"operation":"g"}', '2026-01-01Z', '2026-01-01Z'),
      (1, 2, 'reserve', 'credits', 4000000, NULL, -4000000, 4000000, '{1024,4000000,-4000000,4000000}', 2, false,
        NULL, '2026-01-01Z', '2026-01-01T00:00:00.12Z');
    INSERT INTO holds (account_no, reservation, created_at, expires_at, grace_ms, overage, late, units, lines, held)
    VALUES (1, 2, '2026-01-01Z', '2026-01-02Z', 5000, 'reject', 'reject', '{credits}', '{4000000,0,0,0}', '{1,1024,4000000}')`);
});

async function rulesBrokenBy(sql: string): Promise<string[]> {
  await database.ownerPool.query(sql);
  return (await checkTables(database.ownerPool)).map(({ account, rule }) => `${account} ${rule}`);
}

describe('the check of the tables', () => {
  it('finds nothing where the account row is the fold of its entries', async () => {
    expect(await checkTables(database.ownerPool)).toEqual([]);
  });

  it('finds an entry that is gone', async () => {
    expect(await rulesBrokenBy('DELETE FROM entries WHERE seq = 2')).toEqual(['a seq_gap', 'a balances_differ']);
  });

  it('finds a gap in the seqs', async () => {
    expect(await rulesBrokenBy('UPDATE entries SET seq = 3 WHERE seq = 2')).toEqual(['a seq_gap']);
  });

  it('finds entries without an account', async () => {
    expect(await rulesBrokenBy('DELETE FROM accounts')).toEqual(['account number 1 seq_gap']);
  });

  it('finds a balance that is not the sum of the entries', async () => {
    const sql = `UPDATE accounts SET balances = '{11000000,7000000,4000000,0,0,0,0}',
      lots = '{1024,11000000,7000000,4000000,0,0,0,0,50,2,0,1}'`;
    expect(await rulesBrokenBy(sql)).toEqual(['a balances_differ']);
  });

  it('finds a hold that is gone while its credits are held', async () => {
    expect(await rulesBrokenBy('DELETE FROM holds')).toEqual(['a balances_differ']);
  });
});

describe('reading an account from the tables', () => {
  it('answers entries and balances in the form of the API, in exact amounts', async () => {
    const ledger = await new SqlLedger(database.ownerPool).readAccount('a');
    expect(ledger).toMatchObject({ account: 'a', seq: 2 });
    expect(ledger.balances.get('credits')).toMatchObject({ granted: 10n * ONE_CREDIT, held: 4n * ONE_CREDIT });
    expect(ledger.entries[0]).toMatchObject({ seq: 1, type: 'grant', claimedBy: 'g' });
    expect(ledger.entries[1]!.fields).toMatchObject({ amount: '4', recorded_at: '2026-01-01T00:00:00.120Z' });
    expect(ledger.entries[1]!.deltas).toMatchObject({ available: -4n * ONE_CREDIT, held: 4n * ONE_CREDIT });
  });

  it('answers an empty account for a name nobody has', async () => {
    const ledger = await new SqlLedger(database.ownerPool).readAccount('b');
    expect(ledger).toEqual({ account: 'b', seq: 0, balances: new Map(), entries: [] });
  });
});
