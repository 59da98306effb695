import { setImmediate as nextTurnOfTheLoop, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { faultsAmong, openEngine, type Engine } from '../../support/engine.js';
import { TcpProxy, type Fault } from '../../support/tcp-proxy.js';
import { refusalOf, Teller, type Told } from '../../support/teller.js';

/** So many that callers meet each other's accounts; so few that every batch is of those in flight; and only that one. */
const ACCOUNTS = [96, 4, 1];
/** So many that enough of them wait for a single account to be decided on while it is in flight. */
const CALLERS = 320;
const TURNS = 4;
/** PostgreSQL has no such text: the statement that carries it is rejected whole. */
const POISON = { reason: 'nul \0 nul' };

describe.each(ACCOUNTS)('batches of %i accounts decided while the one before them is in flight', accounts => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let engine: Engine;
  let teller: Teller;
  let told: Told[];

  beforeEach(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.open(database.url);
    engine = await openEngine(database, { connectTo: { ...database.appLogin, url: proxy.url } });
    teller = new Teller(engine);
    told = await Promise.all(Array.from({ length: accounts }, (_, no) => teller.grant(account(no), 1_000_000)));
  });

  afterEach(async () => {
    await engine.writePath.drain();
    await compareWithLedger();
    expect(await auditLedger(database)).toEqual([]);
    await proxy.close();
    await database.close();
  });

  function account(no: number): string {
    return `a${no % accounts}`;
  }

  /** Every entry that was acknowledged is there, and no other; no two calls were told of the same one. */
  async function compareWithLedger(): Promise<void> {
    const { rows } = await database.ownerPool.query<{ id: string; seqs: string[] }>(
      `SELECT id, array_agg(seq ORDER BY seq) AS seqs FROM entries JOIN account_names USING (account_no) GROUP BY id`,
    );
    for (const { id, seqs } of rows) {
      const answers = told.filter(({ account }) => account === id);
      const toldSeqs = answers.flatMap(({ entries }) => entries.map(({ seq }) => seq));
      expect(toldSeqs.sort((a, b) => a - b)).toEqual(seqs.map(Number));
    }
  }

  /** Callers that each charge one account after the other; `charge` keeps trying until it has an answer, or null. */
  async function load(charge: (id: string, key: string, turn: number) => Promise<Told | null>): Promise<void> {
    const call = async (caller: number) => {
      for (let turn = 0; turn < TURNS; turn++) {
        const answer = await charge(account(caller * 31 + turn * 7), `${caller}-${turn}`, turn);
        if (answer !== null) told.push(answer);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  }

  test('keep the order of each account and lose nothing', async () => {
    await load((id, key) => teller.charge(id, 1, {}, { key }));
    expect(told).toHaveLength(accounts + CALLERS * TURNS);
    expect(faultsAmong(engine.warnings)).toEqual([]);
  });

  test('are decided again when that one is rejected', async () => {
    for (let round = 0; round < 20; round++) {
      const rejected = refusalOf(teller.charge('a0', 1, POISON));
      await nextTurnOfTheLoop();
      const behind = Array.from({ length: 60 }, (_, no) => teller.charge(account(1 + no), 1));
      expect(await rejected).toMatchObject({ code: 'internal' });
      told.push(...(await Promise.all(behind)));
    }
  });

  test('keep the order of calls that nobody waited between, whatever fails', async () => {
    const other = await openEngine(database);
    const rival = new Teller(other);
    for (let round = 0; round < 10; round++) {
      if (round % 3 === 1) void proxy.failOn('append\0', 'lose-answer');
      const calls: Promise<Told>[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        for (let no = 0; no < 40; no++) calls.push(teller.charge(account(no), 1));
        await nextTurnOfTheLoop();
        calls.push(rival.charge(account(turn), 1), rival.charge(account(turn + 20), 1));
      }
      const answers = await Promise.all(calls);
      told.push(...answers);
      for (let no = 0; no < Math.min(accounts, 40); no++) {
        const ofAccount = answers.filter((answer, call) => answer.account === account(no) && call % 42 < 40);
        const own = ofAccount.map(({ seq }) => seq);
        expect(own).toEqual([...own].sort((x, y) => x - y));
      }
    }
    await other.writePath.drain();
  });

  test('are decided again when the connection fails, before or after that one was written', async () => {
    const faults: Fault[] = ['lose-answer', 'lose-request'];
    let calm = 0;
    await load((id, key) => {
      // Between two faults some batches get through.
      if (++calm % 150 === 0) void proxy.failOn('append\0', faults[(calm / 150) % 2]!);
      return teller.charge(id, 1, {}, { key });
    });
    expect(engine.warnings.some(warning => warning.includes('lost'))).toBe(true);
  });

  test('rest on accounts that are read meanwhile, or are decided again where that read fails', async () => {
    const others = Array.from({ length: CALLERS * TURNS }, (_, no) => `cold${no}`);
    told.push(...(await Promise.all(others.map(id => teller.grant(id, 100)))));
    const restarted = await openEngine(database, { connectTo: { ...database.appLogin, url: proxy.url } });
    const cold = new Teller(restarted);
    const faults: Fault[] = ['lose-answer', 'lose-request'];
    let calls = 0;
    await load((_, key) => {
      if (calls % 200 === 100) void proxy.failOn('load\0', faults[((calls - 100) / 200) % 2]!);
      return cold.charge(others[calls++]!, 1, {}, { key });
    });
    await restarted.writePath.drain();
    expect(restarted.warnings.some(warning => warning.includes('lost'))).toBe(true);
    expect(told).toHaveLength(accounts + 2 * others.length);
  });

  test('are decided again where another replica writes the same accounts', async () => {
    const other = await openEngine(database);
    const tellers = [teller, new Teller(other)];
    await load((id, key, turn) => tellers[turn % 2]!.charge(id, 1, {}, { key }));
    await other.writePath.drain();
    expect(told).toHaveLength(accounts + CALLERS * TURNS);
  });

  test('answer a repeated key once the first call with it is written', async () => {
    await load(async (id, key) => {
      const [first, second] = await Promise.all([
        teller.charge(id, 1, {}, { key }),
        new Promise(resolve => setImmediate(resolve)).then(() => teller.charge(id, 1, {}, { key })),
      ]);
      expect(second.bytes).toBe(first.bytes);
      expect([first.replayed, second.replayed].filter(Boolean)).toHaveLength(1);
      return first;
    });
  });

  test('are not sent where another replica wrote as many entries as the one they rest on', async () => {
    const other = await openEngine(database);
    const rival = new Teller(other);
    for (let round = 0; round < 3; round++) {
      told.push(await teller.charge(account(0), 1));
      proxy.delayed = { marker: 'append', ms: 60 };
      const charges = Array.from({ length: 64 }, () => teller.charge(account(0), 1));
      await sleep(5);
      const behind = Array.from({ length: 64 }, () => teller.charge(account(0), 1));
      told.push(...(await Promise.all(Array.from({ length: 64 }, () => rival.charge(account(0), 2)))));
      told.push(...(await Promise.all(charges)), ...(await Promise.all(behind)));
      proxy.delayed = null;
    }
    await other.writePath.drain();
  });

  test('look back at what the one in flight did, and are not overtaken', async () => {
    const many = Array.from({ length: 80 }, (_, no) => account(no));
    for (let round = 0; round < 5; round++) {
      const reserved = await Promise.all(many.map(id => teller.reserve(id, 1)));
      const reservations = reserved.map(({ reservation }) => reservation!.id);
      proxy.delayed = { marker: 'append', ms: 40 };
      const commits = reservations.map(id => teller.commit(id, 1));
      await sleep(5);
      const refunds = reservations.map(id => teller.refund(id, 1));
      // By then they are put off, and in flight with what they look back at.
      await sleep(50);
      const later = many.map(id => teller.charge(id, 1));
      const again = reservations.map(id => refusalOf(teller.commit(id, 1)));
      const [refunded, charged] = await Promise.all([Promise.all(refunds), Promise.all(later)]);
      told.push(...reserved, ...(await Promise.all(commits)), ...refunded, ...charged);
      for (const { seq, account: id } of refunded) {
        for (const charge of charged) expect(charge.account !== id || charge.seq > seq).toBe(true);
      }
      for (const refusal of await Promise.all(again)) expect(refusal).toMatchObject({ code: 'reservation_closed' });
      proxy.delayed = null;
    }
    expect(faultsAmong(engine.warnings)).toEqual([]);
  });
});
