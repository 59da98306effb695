import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { foldRange } from '../../../src/replay/fold/fold-range.js';
import { rebuildAccount, type RebuiltAccount } from '../../../src/replay/rebuild/rebuild-account.js';
import { openRunConnection } from '../../../src/runs/perform-run.js';
import { verifyLedger } from '../../../src/replay/verify/verify-ledger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';
import { runReplay } from './run-replay.js';

/** Passes every CHECK: a lot and its account have so much more than anybody granted. */
const GIVE_AWAY = `
UPDATE accounts SET balances[1] = balances[1] + 500000000, balances[2] = balances[2] + 500000000,
  lots[2] = lots[2] + 500000000, lots[3] = lots[3] + 500000000
WHERE id = 'a'`;
/** What answers do not depend on, so that none is wrong before it is put right. */
const DAMAGE_QUIETLY = `
UPDATE accounts SET metadata = '{"somebody": "was here"}', overdraft_limits = '{"credits": "7"}'
WHERE id = $1`;

const CALLERS = 12;
const TURNS = 60;
const ACCOUNTS = 4;

/** Rebuilt under a service that goes on, and has what was wrong in its memory. */
describe('a rebuild beside services', () => {
  let database: TestDatabase;
  let engines: Engine[];
  let tellers: Teller[];

  beforeEach(async () => {
    database = await createTestDatabase();
    engines = [await openEngine(database), await openEngine(database)];
    tellers = engines.map(engine => new Teller(engine));
  });

  afterEach(async () => {
    await Promise.all(engines.map(({ writePath }) => writePath.drain()));
    await database.close();
  });

  const verify = () => verifyLedger({ ownerUrl: database.url, accountNo: null, mode: null, until: null, threads: 1 });

  async function damagedInEveryMemory(damage: string): Promise<void> {
    await tellers[0]!.grant('a', 100);
    await tellers[0]!.reserve('a', 10);
    await database.ownerPool.query(damage);
    // A state that was read before the damage is written back by whoever has it: begin anew.
    await Promise.all(engines.map(({ writePath }) => writePath.drain()));
    engines = [await openEngine(database), await openEngine(database)];
    tellers = engines.map(engine => new Teller(engine));
    await Promise.all(tellers.map(teller => teller.balance('a')));
  }

  it('leaves no service with the balance that was wrong, although the seq is the same', async () => {
    await damagedInEveryMemory(GIVE_AWAY);
    for (const teller of tellers) expect(await teller.balance('a')).toMatchObject({ available: 590n });

    expect((await runReplay(database)).result).toMatchObject({ accounts_rebuilt: 1, accounts_left: 0 });
    for (const teller of tellers) expect(await teller.balance('a')).toMatchObject({ seq: 2, available: 90n });
    for (const teller of tellers) {
      expect(await refusalOf(teller.reserve('a', 91))).toMatchObject({ code: 'insufficient_credits' });
    }
    await tellers[1]!.reserve('a', 90);
    expect(await tellers[0]!.balance('a')).toMatchObject({ available: 0n, held: 100n });
    expect((await verify()).differences).toEqual([]);
  });

  it('leaves no service to write what was wrong back, as the first thing it does', async () => {
    await damagedInEveryMemory(GIVE_AWAY);
    await runReplay(database);
    await tellers[0]!.grant('a', 1);
    expect((await verify()).differences).toEqual([]);
    expect(await tellers[1]!.balance('a')).toMatchObject({ available: 91n });
  });

  it('gives a hold back that a service believed to be gone', async () => {
    await damagedInEveryMemory(`
      DELETE FROM holds;
      UPDATE accounts SET balances[3] = 0, balances[4] = balances[4] + 10000000, lots[4] = 0`);
    expect(await tellers[0]!.balance('a')).toMatchObject({ held: 0n, spent: 10n });
    await runReplay(database);
    expect(await tellers[0]!.balance('a')).toMatchObject({ held: 10n, spent: 0n });
    expect((await verify()).differences).toEqual([]);
  });

  it('makes an account again whose row is gone, which no service then takes for the one it remembers', async () => {
    await damagedInEveryMemory(GIVE_AWAY);
    await database.ownerPool.query(`DELETE FROM accounts`);
    await runReplay(database);
    for (const teller of tellers) expect(await teller.balance('a')).toMatchObject({ available: 90n });
    expect((await verify()).differences).toEqual([]);
  });

  it('changes nothing as a dry run, and tells what it would do', async () => {
    await damagedInEveryMemory(GIVE_AWAY);
    const dump = 'SELECT a::text FROM accounts a UNION ALL SELECT h::text FROM holds h';
    const before = (await database.ownerPool.query(dump)).rows;
    const { result } = await runReplay(database, { dry_run: true });
    expect(result).toMatchObject({ accounts_that_differ: 1, accounts_rebuilt: 0 });
    expect(result.first_differences).toContainEqual(
      expect.objectContaining({ account: 'a', field: 'credits.available', expected: '90000000', found: '590000000' }),
    );
    expect((await database.ownerPool.query(dump)).rows).toEqual(before);
  });

  it('under load ends with projections that are the fold, and leaves every sum right', async () => {
    for (let i = 0; i < ACCOUNTS; i++) await tellers[0]!.grant(`b${i}`, 10_000);
    const spent = Array.from({ length: ACCOUNTS }, () => 0);
    const work = async (caller: number): Promise<void> => {
      for (let turn = 0; turn < TURNS; turn++) {
        const account = (caller + turn) % ACCOUNTS;
        const teller = tellers[(caller + turn) % 2]!;
        const { reservation } = await teller.reserve(`b${account}`, 3);
        if (turn % 3 === 0) await teller.release(reservation!.id);
        else {
          await tellers[turn % 2]!.commit(reservation!.id, 2);
          if (turn % 5 === 1) await teller.refund(reservation!.id, 1);
          spent[account]! += turn % 5 === 1 ? 1 : 2;
        }
      }
    };
    const traffic = { over: false };
    const written = Promise.all(Array.from({ length: CALLERS }, (_, caller) => work(caller)));
    const over = written.finally(() => (traffic.over = true));
    let rebuilt = 0;
    for (let round = 0; !traffic.over || round < 3; round++) {
      await database.ownerPool.query(DAMAGE_QUIETLY, [`b${round % ACCOUNTS}`]);
      rebuilt += (await runReplay(database)).result.accounts_rebuilt;
    }
    await over;
    await runReplay(database);
    expect((await verify()).differences).toEqual([]);
    expect(rebuilt).toBeGreaterThan(0);
    for (const [account, sum] of spent.entries()) {
      expect(await tellers[0]!.balance(`b${account}`)).toMatchObject({ spent: BigInt(sum), held: 0n });
    }
    const { rows } = await database.ownerPool.query(
      `SELECT metadata, overdraft_limits FROM accounts WHERE id LIKE 'b%'`,
    );
    expect(new Set(rows.map(row => JSON.stringify(row)))).toEqual(
      new Set(['{"metadata":null,"overdraft_limits":null}']),
    );
  });
});

/** What is folded before the lock is taken is not what is there behind it. */
describe('an account that moved while it was folded', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;
  let spent = '';

  beforeEach(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    teller = new Teller(engine);
    await teller.grant('a', 100);
  });

  afterEach(async () => {
    await engine.writePath.drain();
    await database.close();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['by more of the same', async () => teller.commit((await teller.reserve('a', 9)).reservation!.id, 4)],
    ['by what looks back at what is long over', () => teller.refund(spent, 3)],
  ])('%s is rebuilt as it is now', async (_, move) => {
    spent = (await teller.reserve('a', 20)).reservation!.id;
    await teller.commit(spent, 7);
    const owner = await openRunConnection(database.url);
    const options = { mode: null, until: null, progress: () => {} };
    await owner.query('BEGIN');
    const [folded] = (await foldRange(owner, { first: 1, last: 1, inOrder: true }, options)).values();
    await owner.query('COMMIT');
    await move();
    await database.ownerPool.query(`UPDATE accounts SET frozen = true`);
    const outcomes: RebuiltAccount[] = [];
    const rebuilt = async (outcome: RebuiltAccount) => void outcomes.push(outcome);
    await rebuildAccount(owner, folded!, { until: null, trustEntries: false, rebuilt });
    await owner.end();
    expect(outcomes).toMatchObject([{ left: null, deviations: [{ field: 'frozen' }] }]);
    const verified = await verifyLedger({
      ownerUrl: database.url,
      accountNo: null,
      mode: null,
      until: null,
      threads: 1,
    });
    expect(verified.differences).toEqual([]);
  });

  it('is left as it is while another session keeps its row, and the next account is not', async () => {
    await teller.grant('b', 1);
    await database.ownerPool.query(`UPDATE accounts SET frozen = true`);
    const other = await database.ownerPool.connect();
    await other.query('BEGIN');
    await other.query(`SELECT FROM accounts WHERE id = 'a' FOR UPDATE`);
    const { result } = await runReplay(database);
    other.release(true);
    expect(result).toMatchObject({ accounts_rebuilt: 1, accounts_left: 1 });
    expect(result.first_differences[0]!.left).toContain('another session');
  });
});
