import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReplayedAccount } from '../../../src/replay/rebuild/rebuild-ledger.js';
import { verifyLedger, type VerifyReport } from '../../../src/replay/verify/verify-ledger.js';
import { Api, expectStatus, pathOf } from '../../contract/api.js';
import { ClockedApi } from '../../contract/clocks.js';
import { auditLedger } from '../../support/audit.js';
import { runReplay } from './run-replay.js';

const OF = (name: string): string => `account_no = (SELECT account_no FROM account_names WHERE id = '${name}')`;

/** What stands beside the rows of an account that lives by a test clock. */
describe('damage to test clocks', () => {
  let live: Api;
  let api: ClockedApi;
  let clock: string;

  beforeAll(async () => {
    live = await Api.start();
    api = await ClockedApi.over(live);
    clock = await api.account('b', '2027-01-31T00:00:00Z');
    await api.grant('b', '5', { expires_at: '2027-02-05T00:00:00Z' });
    await api.grant('c', '5');
  });

  afterAll(() => live.stop());

  const verify = (): Promise<VerifyReport> =>
    verifyLedger({ ownerUrl: live.database.url, accountNo: null, mode: null, until: null, threads: 1 });

  async function rebuild(): Promise<ReplayedAccount[]> {
    const rebuilt: ReplayedAccount[] = [];
    const { state } = await runReplay(live.database, {}, { onAccount: account => void rebuilt.push(account) });
    expect(state).toBe('done');
    return rebuilt;
  }

  test.each([
    ['a clock that an account lost', `DELETE FROM account_clocks WHERE ${OF('b')}`, 'b', 'account_clocks', 'clock'],
    ['the clock of another', `UPDATE account_clocks SET clock = 'clk_other' WHERE ${OF('b')}`, 'b', 'account_clocks', 'clock'],
    ['a bound that is late', `UPDATE account_clocks SET due_bound = NULL WHERE ${OF('b')}`, 'b', 'account_clocks', 'due_bound'],
    ['a bound by the real time', `UPDATE accounts SET due_bound = now() WHERE ${OF('b')}`, 'b', 'accounts', 'due_bound'],
    ['a clock of none', `INSERT INTO account_clocks SELECT account_no, 'clk_x', NULL FROM account_names WHERE id = 'c'`, 'c', 'account_clocks', 'clock'],
  ])('%s is found, named, and rebuilt', async (_, damage, account, place, field) => {
    expect((await verify()).differences).toEqual([]);
    await live.database.ownerPool.query(damage);
    expect((await verify()).differences).toContainEqual(expect.objectContaining({ account, mode: 'test', place, field }));
    expect(await rebuild()).toMatchObject([{ left: null }]);
    expect((await verify()).differences).toEqual([]);
    expect(await auditLedger(live.database)).toEqual([]);
    // A service that has the account in memory goes on with it.
    expect(expectStatus(200, await api.get(pathOf(account))).balances.credits.available).toBe('5');
  }); // prettier-ignore

  test('a clock without its row is found; no entry says what time it has', async () => {
    await live.database.ownerPool.query('DELETE FROM test_clocks WHERE id = $1', [clock]);
    expect((await verify()).differences).toMatchObject([{ place: 'test_clocks', field: clock, account: 'b' }]);
    expect(await api.post(`${pathOf('b')}/charges`, { amount: '1' })).toMatchObject({ status: 500 });
  });
});
