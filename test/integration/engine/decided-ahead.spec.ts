import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { TcpProxy, type Fault } from '../../support/tcp-proxy.js';
import { refusalOf, Teller, type Told } from '../../support/teller.js';

/** Enough that a lane writes in halves, and few enough that they meet each other's accounts. */
const ACCOUNTS = 96;
const CALLERS = 160;
const TURNS = 8;
/** PostgreSQL has no such text: the statement that carries it is rejected whole. */
const POISON = { reason: 'nul \0 nul' };

describe('batches decided while the one before them is in flight', () => {
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
    told = await Promise.all(Array.from({ length: ACCOUNTS }, (_, no) => teller.grant(`a${no}`, 1_000_000)));
  });

  afterEach(async () => {
    await engine.writePath.drain();
    await compareWithLedger();
    expect(await auditLedger(database)).toEqual([]);
    await proxy.close();
    await database.close();
  });

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
  async function load(charge: (account: string, key: string, turn: number) => Promise<Told | null>): Promise<void> {
    const call = async (caller: number) => {
      for (let turn = 0; turn < TURNS; turn++) {
        const account = `a${(caller * 31 + turn * 7) % ACCOUNTS}`;
        const answer = await charge(account, `${caller}-${turn}`, turn);
        if (answer !== null) told.push(answer);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  }

  test('keep the order of each account and lose nothing', async () => {
    await load((account, key) => teller.charge(account, 1, {}, { key }));
    expect(told).toHaveLength(ACCOUNTS + CALLERS * TURNS);
    expect(engine.warnings).toEqual([]);
  });

  test('are decided again when that one is rejected', async () => {
    for (let round = 0; round < 20; round++) {
      const rejected = refusalOf(teller.charge('a0', 1, POISON));
      await nextTurnOfTheLoop();
      const behind = Array.from({ length: 60 }, (_, no) => teller.charge(`a${1 + no}`, 1));
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
        for (let no = 0; no < 40; no++) calls.push(teller.charge(`a${no}`, 1));
        await nextTurnOfTheLoop();
        calls.push(rival.charge(`a${turn}`, 1), rival.charge(`a${turn + 20}`, 1));
      }
      const answers = await Promise.all(calls);
      told.push(...answers);
      for (let no = 0; no < 40; no++) {
        const own = answers.filter(({ account }, call) => account === `a${no}` && call % 42 < 40).map(({ seq }) => seq);
        expect(own).toEqual([...own].sort((x, y) => x - y));
      }
    }
    await other.writePath.drain();
  });

  test('are decided again when the connection fails, before or after that one was written', async () => {
    const faults: Fault[] = ['lose-answer', 'lose-request'];
    let calm = 0;
    await load((account, key) => {
      // Between two faults some batches get through.
      if (++calm % 150 === 0) void proxy.failOn('append\0', faults[(calm / 150) % 2]!);
      return teller.charge(account, 1, {}, { key });
    });
    expect(engine.warnings.some(warning => warning.includes('lost'))).toBe(true);
  });

  test('are decided again where another replica writes the same accounts', async () => {
    const other = await openEngine(database);
    const tellers = [teller, new Teller(other)];
    await load((account, key, turn) => tellers[turn % 2]!.charge(account, 1, {}, { key }));
    await other.writePath.drain();
    expect(told).toHaveLength(ACCOUNTS + CALLERS * TURNS);
  });

  test('answer a repeated key once the first call with it is written', async () => {
    await load(async (account, key) => {
      const [first, second] = await Promise.all([
        teller.charge(account, 1, {}, { key }),
        new Promise(resolve => setImmediate(resolve)).then(() => teller.charge(account, 1, {}, { key })),
      ]);
      expect(second.bytes).toBe(first.bytes);
      expect([first.replayed, second.replayed].filter(Boolean)).toHaveLength(1);
      return first;
    });
  });
});
