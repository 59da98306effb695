import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplayedAccount } from '../../../src/replay/rebuild/rebuild-ledger.js';
import { verifyLedger, type VerifyReport } from '../../../src/replay/verify/verify-ledger.js';
import type { ReplayArguments } from '../../../src/runs/run.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine } from '../../support/engine.js';
import { Teller } from '../../support/teller.js';
import { runReplay } from './run-replay.js';

const TABLES = ['account_names', 'accounts', 'holds', 'balance_snapshots'] as const;
/** A bound is not a fold: a rebuilt row has it exact, the engine's may be early. And a rebuilt row says that it is one. */
const NOT_A_FOLD = '{due_bound,revision}';

const OF_B = `account_no = (SELECT account_no FROM account_names WHERE id = 'b')`;
const UNCHECK = `ALTER TABLE accounts DROP CONSTRAINT accounts_balances, DROP CONSTRAINT accounts_lots, DROP CONSTRAINT accounts_sums;
  ALTER TABLE balance_snapshots DROP CONSTRAINT balance_snapshots_balances;`;
const UNCHECK_ENTRIES = `ALTER TABLE entries DROP CONSTRAINT entries_deltas, DROP CONSTRAINT entries_lots;`;
/** As the engine writes one every thousand entries; here after the second. */
const ADD_SNAPSHOT = `
INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances)
SELECT account_no, 2, effective_at, ARRAY['credits'], ARRAY[g, g, 0, 0, 0, 0, 0]
FROM entries JOIN (SELECT account_no, sum(granted)::bigint AS g FROM entries GROUP BY account_no) s USING (account_no)
WHERE seq = 2`;

/** Breaks what nothing but the owner can break, and then only with the rules of the table taken away. */
describe('damage', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    for (const account of ['a', 'b', 'c']) {
      await teller.grant(account, 100);
      await teller.grant(account, 50);
      const open = await teller.reserve(account, 30);
      const spent = await teller.reserve(account, 20);
      await teller.commit(spent.reservation!.id, 7);
      expect(open.reservation).toBeDefined();
    }
    await engine.writePath.drain();
    await database.ownerPool.query(ADD_SNAPSHOT);
  });

  afterEach(() => database.close());

  const verify = (): Promise<VerifyReport> =>
    verifyLedger({ ownerUrl: database.url, accountNo: null, mode: null, until: null, threads: 1 });

  async function rebuild(options: Partial<ReplayArguments> = {}): Promise<ReplayedAccount[]> {
    const rebuilt: ReplayedAccount[] = [];
    const { state } = await runReplay(database, { ...options }, { onAccount: account => void rebuilt.push(account) });
    expect(state).toBe('done');
    return rebuilt;
  }

  async function dump(): Promise<string[]> {
    const rows: string[] = [];
    for (const table of TABLES) {
      const { rows: found } = await database.ownerPool.query<{ text: string }>(
        `SELECT (to_jsonb(t) - $1::text[])::text AS text FROM ${table} t ORDER BY 1`,
        [NOT_A_FOLD],
      );
      rows.push(...found.map(({ text }) => `${table} ${text}`));
    }
    return rows;
  }

  it('is not found where there is none', async () => {
    expect(await verify()).toMatchObject({ accounts: 3, entries: 15, differenceCount: 0, differences: [] });
    expect(await rebuild()).toEqual([]);
  });

  it.each([
    ['a balance', UNCHECK + `UPDATE accounts SET balances[2] = balances[2] + 1 WHERE id = 'b'`, 'accounts', 'credits.available'],
    ['a lot', UNCHECK + `UPDATE accounts SET lots[3] = lots[3] - 5 WHERE id = 'b'`, 'accounts', 'lot 1024.remaining'],
    ['the time of the last entry', `UPDATE accounts SET last_effective_at = last_effective_at + '1 ms' WHERE id = 'b'`, 'accounts', 'last_effective_at'],
    ['a bound that is late', `UPDATE accounts SET due_bound = NULL WHERE id = 'b'`, 'accounts', 'due_bound'],
    ['settings', `UPDATE accounts SET metadata = '{"x": "y"}', frozen = true WHERE id = 'b'`, 'accounts', 'frozen'],
    ['an account that is missing', `DELETE FROM accounts WHERE id = 'b'`, 'accounts', 'row'],
    ['a name that is missing', `DELETE FROM account_names WHERE id = 'b'`, 'account_names', 'mode and id'],
    ['what a hold holds', `UPDATE holds SET held[3] = 1 WHERE ${OF_B}`, 'holds', 'reservation 3.held'],
    ['when a hold ends', `UPDATE holds SET expires_at = expires_at + '1 s' WHERE ${OF_B}`, 'holds', 'reservation 3.expires_at'],
    ['a hold that is missing', `DELETE FROM holds WHERE ${OF_B}`, 'holds', 'reservation 3'],
    ['a hold too many', `INSERT INTO holds SELECT account_no, 4, created_at, expires_at, grace_ms, overage, late, meter, model, member, metadata, units, lines, held FROM holds WHERE ${OF_B}`, 'holds', 'reservation 4'],
    ['a snapshot', UNCHECK + `UPDATE balance_snapshots SET balances[2] = balances[2] + 1 WHERE ${OF_B}`, 'balance_snapshots', 'seq 2 credits.available'],
    ['a snapshot of no entry', `UPDATE balance_snapshots SET seq = 99 WHERE ${OF_B}`, 'balance_snapshots', 'seq 99'],
  ])('of %s is found, named, and rebuilt byte for byte', async (_, damage, place, field) => {
    const before = await dump();
    await database.ownerPool.query(damage);
    const found = await verify();
    expect(found.differences).toContainEqual(expect.objectContaining({ account: 'b', mode: 'live', place, field }));
    expect(new Set(found.differences.map(({ account }) => account))).toEqual(new Set(['b']));

    const damaged = await dump();
    expect(await rebuild({ dry_run: true })).toHaveLength(1);
    expect(await dump()).toEqual(damaged);

    expect(await rebuild()).toMatchObject([{ left: null }]);
    if (field !== 'seq 99') expect(await dump()).toEqual(before);
    expect(await verify()).toMatchObject({ differenceCount: 0 });
  }); // prettier-ignore

  it.each([
    ['is missing in the middle', `DELETE FROM entries WHERE seq = 3 AND ${OF_B}`, /entry 3 is missing, entry 4 is there/],
    ['does not balance', UNCHECK_ENTRIES + `UPDATE entries SET available = available - 1 WHERE seq = 4 AND ${OF_B}`, /its deltas do not balance/],
    ['moves another lot', UNCHECK_ENTRIES + `UPDATE entries SET lots[1] = 999424 WHERE seq = 4 AND ${OF_B}`, /moves lot 999424, which/],
    ['goes back in time', `UPDATE entries SET effective_at = effective_at - interval '1 day' WHERE seq = 4 AND ${OF_B}`, /takes effect before/],
  ])('to an entry that %s is named, and nothing is rebuilt from it', async (_, damage, words) => {
    await withoutTrigger(damage);
    const { differences } = await verify();
    expect(differences[0]).toMatchObject({ account: 'b', place: 'entries', found: expect.stringMatching(words) });
    const before = await dump();
    expect(await rebuild()).toMatchObject([{ left: expect.stringContaining('its entries are damaged') }]);
    expect(await dump()).toEqual(before);
  }); // prettier-ignore

  it('to the amount of an entry that still adds up shows in everything derived from it', async () => {
    await withoutTrigger(`UPDATE entries SET amount = amount + 1, granted = granted + 1, available = available + 1,
      lots = ARRAY[lots[1], lots[2] + 1, lots[3] + 1, lots[4]] WHERE seq = 2 AND ${OF_B}`);
    const { differences } = await verify();
    expect(differences.map(({ field }) => field)).toEqual(expect.arrayContaining(['credits.granted']));
  });

  it('by which the last entry is lost is never rebuilt away, unless it is said to be none', async () => {
    await withoutTrigger(`DELETE FROM entries WHERE seq = 5 AND ${OF_B}`);
    const { differences } = await verify();
    expect(differences).toContainEqual(expect.objectContaining({ field: 'seq', expected: '4', found: '5' }));
    expect(await rebuild()).toMatchObject([{ left: expect.stringContaining('--trust-entries') }]);
    expect(await rebuild({ trust_entries: true })).toMatchObject([{ left: null }]);
  });

  it.each([
    ['an answer', `UPDATE outcomes SET seq = 77 WHERE seq = 5 AND ${OF_B}`, 'outcomes'],
    ['a fact', `INSERT INTO facts SELECT account_no, 'reference:lost', 77, now() FROM accounts WHERE id = 'b'`, 'facts'],
    ['a unit', `UPDATE units SET in_use = false WHERE unit = 'credits'`, 'units'],
  ])('of %s is found', async (_, damage, place) => {
    await database.ownerPool.query(damage);
    expect((await verify()).differences).toMatchObject([{ place }]);
  }); // prettier-ignore

  async function withoutTrigger(damage: string): Promise<void> {
    await database.ownerPool.query(`ALTER TABLE entries
        DISABLE TRIGGER entries_only_inserted, DISABLE TRIGGER entries_only_erased; ${damage};
      ALTER TABLE entries
        ENABLE ALWAYS TRIGGER entries_only_inserted, ENABLE ALWAYS TRIGGER entries_only_erased`);
  }
});
