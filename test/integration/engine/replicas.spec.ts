import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller, type Told } from '../../support/teller.js';

const CALLERS = 32;
const TURNS = 30;

describe('several replicas on one database', () => {
  let database: TestDatabase;
  let engines: Engine[];
  let tellers: Teller[];

  beforeAll(async () => {
    database = await createTestDatabase();
    engines = await Promise.all([openEngine(database), openEngine(database), openEngine(database, { lanes: 2 })]);
    tellers = engines.map(engine => new Teller(engine));
  });

  afterAll(async () => {
    expect(await auditLedger(database)).toEqual([]);
    await Promise.all(engines.map(({ writePath }) => writePath.drain()));
    await database.close();
  });

  /** Reserves, and commits or releases; keeps what it was told. */
  async function work(caller: number, account: (turn: number) => string, told: Told[]): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      const teller = tellers[(caller + turn) % tellers.length]!;
      const reserved = await teller.reserve(account(turn), 3);
      told.push(reserved);
      const { id } = reserved.reservation!;
      const other = tellers[(caller + turn + 1) % tellers.length]!;
      told.push(turn % 3 === 0 ? await other.release(id) : await other.commit(id, 1 + (turn % 3)));
    }
  }

  /** Every acknowledged call is in the ledger under the seq it was told, and nothing else is. */
  async function compareWithLedger(told: readonly Told[]): Promise<void> {
    const { rows } = await database.ownerPool.query<{ id: string; seqs: string[] }>(
      `SELECT id, array_agg(seq ORDER BY seq) AS seqs FROM entries JOIN account_names USING (account_no) GROUP BY id`,
    );
    const ledger = new Map(rows.map(({ id, seqs }) => [id, seqs.map(Number)]));
    for (const account of new Set(told.map(answer => answer.account))) {
      const answers = told.filter(answer => answer.account === account);
      const seqs = answers.flatMap(({ entries }) => entries.map(({ seq }) => seq)).sort((a, b) => a - b);
      expect(seqs).toEqual(ledger.get(account));
    }
  }

  test('hammer one hot account without losing an update or standing still', async () => {
    const told = [await tellers[0]!.grant('hot', 1_000_000)];
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => work(caller, () => 'hot', told)));
    expect(told).toHaveLength(1 + 2 * CALLERS * TURNS);
    await compareWithLedger(told);
    const spent = told.flatMap(({ entries }) => entries).filter(({ type }) => type === 'commit');
    const sum = spent.reduce((total, { amount }) => total + Number(amount), 0);
    expect(await tellers[1]!.balance('hot')).toMatchObject({ seq: told.length, held: 0n, spent: BigInt(sum) });
  });

  test('spread over many accounts that none of them knew before', async () => {
    const accounts = Array.from({ length: 40 }, (_, i) => `spread-${i}`);
    const told: Told[] = await Promise.all(accounts.map((name, i) => tellers[i % 3]!.grant(name, 1_000)));
    const account = (caller: number) => (turn: number) => accounts[(caller * 7 + turn) % accounts.length]!;
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => work(caller, account(caller), told)));
    await compareWithLedger(told);
  });

  test('make one account when all meet it first at the same moment', async () => {
    const calls = Array.from({ length: 30 }, (_, i) => tellers[i % 3]!.grant('new', 1));
    const answers = await Promise.all(calls);
    expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const { rows } = await database.ownerPool.query(`SELECT FROM account_names WHERE id = 'new'`);
    expect(rows).toHaveLength(1);
  });

  test('give exactly a hundred of three hundred reservations of 1 on 100', async () => {
    await tellers[0]!.grant('hundred', 100);
    const results = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => tellers[i % 3]!.reserve('hundred', 1)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    const codes = results.map(result => (result.status === 'rejected' ? result.reason.code : 'done'));
    expect(new Set(codes)).toEqual(new Set(['done', 'insufficient_credits']));
  });

  test('never answer a balance from a stale cache', async () => {
    await tellers[0]!.grant('stale-balance', 10);
    await tellers[1]!.balance('stale-balance');
    for (let spent = 1n; spent <= 5n; spent++) {
      await tellers[0]!.charge('stale-balance', 1);
      expect(await tellers[1]!.balance('stale-balance')).toMatchObject({ available: 10n - spent });
    }
  });

  test('never refuse from a stale cache, also where the account did not exist when it was cached', async () => {
    expect(await refusalOf(tellers[1]!.charge('stale-refusal', 5))).toMatchObject({ code: 'insufficient_credits' });
    await tellers[0]!.grant('stale-refusal', 5);
    await tellers[1]!.charge('stale-refusal', 5);
    expect(await refusalOf(tellers[0]!.charge('stale-refusal', 5))).toMatchObject({ code: 'insufficient_credits' });
    await tellers[2]!.grant('stale-refusal', 5);
    await tellers[0]!.charge('stale-refusal', 5);
  });

  test('never grant from a stale cache', async () => {
    await tellers[0]!.grant('stale-grant', 5);
    await tellers[1]!.balance('stale-grant');
    await tellers[0]!.charge('stale-grant', 5);
    expect(await refusalOf(tellers[1]!.reserve('stale-grant', 5))).toMatchObject({ code: 'insufficient_credits' });
  });

  test('commit and release holds whose lots another replica made since this one last looked', async () => {
    for (const way of ['commit', 'release'] as const) {
      const account = `unseen-lots-${way}`;
      await tellers[0]!.grant(account, 1);
      await tellers[1]!.balance(account);
      await tellers[0]!.grant(account, 9);
      const { reservation } = await tellers[0]!.reserve(account, 10);
      const ended = way === 'commit' ? tellers[1]!.commit(reservation!.id, 4) : tellers[1]!.release(reservation!.id);
      expect((await ended).reservation).toMatchObject({ status: 'closed' });
    }
  });

  test('find a hold that another replica made, and its end', async () => {
    await tellers[0]!.grant('holds', 5);
    const { reservation } = await tellers[0]!.reserve('holds', 2);
    await tellers[1]!.commit(reservation!.id, 1);
    expect(await refusalOf(tellers[2]!.commit(reservation!.id, 1))).toMatchObject({ code: 'reservation_closed' });
    expect(await refusalOf(tellers[0]!.release(reservation!.id))).toMatchObject({ code: 'reservation_closed' });
  });
});
