import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PastBalances } from '../../../src/balances/past-balances.js';
import { newAccount, type Balance } from '../../../src/ledger/domain/account.js';
import { evolve } from '../../../src/ledger/domain/evolve.js';
import { ENTRY_COLUMNS } from '../../../src/ledger/store/entry-row.js';
import { entryFromRecord, type EntryRecord } from '../../../src/ledger/store/entry-record.js';
import { readStatement } from '../../../src/replay/explain/read-statement.js';
import { verifyLedger } from '../../../src/replay/verify/verify-ledger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { Teller } from '../../support/teller.js';

const CALLERS = 8;
const TURNS = 40;
const ACCOUNTS = 5;

describe('a ledger that is being written', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    teller = new Teller(engine);
    for (let i = 0; i < ACCOUNTS; i++) await teller.grant(`live-${i}`, 10_000);
  });

  afterAll(async () => {
    await engine.writePath.drain();
    await database.close();
  });

  async function work(caller: number): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      const { reservation } = await teller.reserve(`live-${(caller + turn) % ACCOUNTS}`, 2 + (turn % 5));
      if (turn % 4 === 0) await teller.release(reservation!.id);
      else if (turn % 7 !== 0) await teller.commit(reservation!.id, 1 + (turn % 2));
      if (turn % 8 === 1) await teller.refund(reservation!.id, 1);
    }
  }

  it('shows no difference while it moves, nor after', async () => {
    const traffic = { over: false };
    const written = Promise.all(Array.from({ length: CALLERS }, (_, caller) => work(caller))).finally(
      () => (traffic.over = true),
    );
    let looks = 0;
    do {
      const options = { ownerUrl: database.url, accountNo: null, mode: null, until: null, threads: 1 };
      expect((await verifyLedger(options)).differences).toEqual([]);
      looks++;
    } while (!traffic.over);
    await written;
    expect(looks).toBeGreaterThan(0);
  });

  it('is explained without a gap: opening and steps make the closing, and both are the fold of a prefix', async () => {
    const { rows } = await database.ownerPool.query<EntryRecord>(
      `SELECT ${ENTRY_COLUMNS} FROM entries WHERE account_no = (SELECT min(account_no) FROM accounts) ORDER BY seq`,
    );
    const entries = rows.map(entryFromRecord);
    const { rows: numbers } = await database.ownerPool.query<{ no: string }>(
      'SELECT min(account_no) AS no FROM accounts',
    );
    const no = Number(numbers[0]!.no);
    const foldAt = (moment: number): Map<string, Balance> => {
      const state = newAccount();
      for (const entry of entries) if (entry.effectiveAt <= moment) evolve(state, entry);
      return new Map([...state.units].map(([unit, { balance }]) => [unit, balance]));
    };
    const last = entries.at(-1)!;
    for (let i = 0; i < 20; i++) {
      const [a, b] = [(i * 37) % entries.length, (i * 53) % entries.length].sort((x, y) => x - y) as [number, number];
      const [from, to] = [entries[a]!.effectiveAt - (i % 2), entries[b]!.effectiveAt];
      const { opening, closing, steps, totals } = await readStatement(
        database.appPool,
        { no, lastSeq: last.seq },
        from,
        to,
        null,
      );
      expect((await new PastBalances(database.appPool).asOf(no, to)).balances).toEqual(foldAt(to));
      expect(opening).toEqual(foldAt(from));
      expect(closing).toEqual(foldAt(to));
      const before = opening.get('credits')?.available ?? 0n;
      const moved = steps.reduce((sum, { entry }) => sum + entry.deltas.available, 0n);
      expect(before + moved).toBe(closing.get('credits')?.available ?? 0n);
      expect(totals.get('credits')?.available ?? 0n).toBe(moved);
    }
  });

  it('is verified and explained from the command line, with exit codes that say what came of it', async () => {
    const all = await ops('verify', '--threads', '2');
    expect(all).toMatchObject({ code: 0, out: expect.stringMatching(/accounts in .* entries\/s\): no differences/) });
    const told = await ops('explain', 'live-0', '--from', '2020-01-01');
    expect(told.out).toMatch(/Opening balance: nothing[\s\S]*Added 10000 credits[\s\S]*Closing balance: /);
    expect((await ops('balance', 'live-0', '--as-of', '2020-01-01')).out).toContain('available 0');
    expect(await ops('explain')).toMatchObject({ code: 2 });
    expect(await ops('verify', '--mode', 'both')).toMatchObject({ code: 2, err: expect.stringContaining('--mode') });
    await database.ownerPool.query(`UPDATE accounts SET frozen = true WHERE id = 'live-1'`);
    expect(await ops('verify')).toMatchObject({
      code: 1,
      out: expect.stringContaining('live account live-1  accounts: frozen'),
    });
    expect(await ops('rebuild')).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
    expect(await ops('rebuild', '--dry-run')).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 accounts differ'),
    });
    const rebuilt = await ops('rebuild', '--reason', 'somebody froze it by hand');
    expect(rebuilt).toMatchObject({ code: 0, out: expect.stringContaining('1 accounts rebuilt, 0 left') });
    expect(await ops('verify')).toMatchObject({ code: 0 });
  });

  function ops(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const tool = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: database.url };
    return new Promise(resolve => {
      execFile(process.execPath, [tool, ...args], { env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }
});
