import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { eventually } from '../../support/data-dir.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { TcpProxy, type Fault } from '../../support/tcp-proxy.js';
import { refusalOf, Teller } from '../../support/teller.js';

/** The prepared statement's name in every message that runs it. */
const APPEND = 'append\0';
const LOAD = 'load\0';

describe('a connection that fails', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let engine: Engine;
  let teller: Teller;

  beforeEach(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.open(database.url);
    engine = await openEngine(database, { connectTo: { ...database.appLogin, url: proxy.url } });
    teller = new Teller(engine);
    await teller.grant('a', 100);
  });

  afterEach(async () => {
    proxy.down = false;
    await engine.writePath.drain();
    expect(await auditLedger(database)).toEqual([]);
    await proxy.close();
    await database.close();
  });

  test.each<Fault>(['lose-request', 'lose-answer'])(
    'in the append (%s) leaves every command done exactly once',
    async fault => {
      const hit = proxy.failOn(APPEND, fault);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => teller.charge('a', 1, {}, { key: `k${i}` })),
      );
      await hit;
      expect(answers.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
      expect(await teller.balance('a')).toMatchObject({ seq: 21, available: 80n });
      const retried = await teller.charge('a', 1, {}, { key: 'k7' });
      expect(retried.bytes).toBe(answers[7]!.bytes);
    },
  );

  test.each<Fault>(['lose-request', 'lose-answer'])('while an account is made (%s) makes it once', async fault => {
    const hit = proxy.failOn(APPEND, fault);
    const answers = await Promise.all([1, 2, 3].map(credits => teller.grant('new', credits)));
    await hit;
    expect(answers.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await teller.balance('new')).toMatchObject({ seq: 3, available: 6n });
  });

  test.each<Fault>(['lose-request', 'lose-answer'])(
    'at the commit behind row locks (%s) leaves every command done once',
    async fault => {
      const other = await openEngine(database);
      await new Teller(other).charge('a', 1);
      const hit = proxy.failOn('COMMIT\0', fault);
      const answers = await Promise.all([teller.charge('a', 1), teller.charge('a', 2)]);
      await hit;
      expect(answers.map(({ seq }) => seq)).toEqual([3, 4]);
      expect(await teller.balance('a')).toMatchObject({ seq: 4, available: 96n });
      await other.writePath.drain();
    },
  );

  test.each<Fault>(['lose-request', 'lose-answer', 'stall'])(
    'while accounts are read that are not in memory (%s) leaves every command done once',
    async fault => {
      const other = await openEngine(database);
      await Promise.all(['b', 'c', 'd'].map(account => new Teller(other).grant(account, 100)));
      const hit = proxy.failOn(LOAD, fault);
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map(account => teller.charge(account, 1)));
      await hit;
      expect(answers.map(({ seq }) => seq)).toEqual([2, 2, 2, 2]);
      expect(engine.warnings).toEqual([expect.stringContaining('(lost)')]);
      // The next one that is not in memory is read on a fresh connection.
      await new Teller(other).grant('e', 100);
      expect(await teller.charge('e', 1)).toMatchObject({ seq: 2 });
      expect(engine.warnings).toHaveLength(1);
      await other.writePath.drain();
    },
  );

  test('and stays silent is given up, and the commands are settled on another', async () => {
    const hit = proxy.failOn(APPEND, 'stall');
    const charged = await teller.charge('a', 1, {}, { key: 'k' });
    await hit;
    expect(charged).toMatchObject({ seq: 2, replayed: false });
    expect(await teller.balance('a')).toMatchObject({ seq: 2, available: 99n });
  });

  test('keeps nobody waiting longer than they said; a retry with the key settles what became of it', async () => {
    void proxy.failOn(APPEND, 'stall');
    const answered: string[] = [];
    const patient = teller.grant('b', 1).then(() => answered.push('patient'));
    const charge = teller.charge('a', 1, {}, { key: 'k', deadlineAt: performance.now() + 500 });
    expect(await refusalOf(charge)).toMatchObject({ code: 'busy', retryable: true });
    answered.push('impatient');
    await patient;
    expect(answered).toEqual(['impatient', 'patient']);
    await teller.charge('a', 1, {}, { key: 'k' });
    expect(await teller.balance('a')).toMatchObject({ seq: 2, available: 99n });
  });

  test('and cannot be made again answers busy at the deadline, and works once the database is back', async () => {
    proxy.down = true;
    proxy.endAll();
    const charge = teller.charge('a', 1, {}, { deadlineAt: performance.now() + 500 });
    expect(await refusalOf(charge)).toMatchObject({ code: 'busy', retryable: true });
    const patient = teller.charge('a', 1);
    proxy.down = false;
    expect(await patient).toMatchObject({ replayed: false });
    expect(await teller.balance('a')).toMatchObject({ available: 99n });
  });

  test.each([
    { outcome: 'both are heard', fault: null, losses: 0 },
    { outcome: 'the second is done, but not heard', fault: 'lose-answer', losses: 1 },
    { outcome: 'the first is not heard, and the second not done', fault: 'lose-request', losses: 2 },
    { outcome: 'both are done, and none is heard', fault: 'lose-answer', endsAll: true, losses: 2 },
  ] as const)('behind which another batch was sent leaves every command done once where $outcome', async row => {
    const [first, second] = ['b', 'c'].map(name => Array.from({ length: 24 }, (_, no) => `${name}${no}`));
    await Promise.all([...first!, ...second!].map(account => teller.grant(account, 100)));
    const chargeAll = (accounts: string[] | undefined) =>
      accounts!.map(account => teller.charge(account, 1, {}, { key: `k ${account}` }));
    let letAnswer!: () => void;
    proxy.answersAfter = new Promise(resolve => (letAnswer = resolve));
    const charges = chargeAll(first);
    await eventually(async () => (await charged()) === 24);
    // The first batch is written, and nobody heard of it.
    const hit = row.fault === null ? null : proxy.failOn(APPEND, row.fault);
    charges.push(...chargeAll(second));
    await hit;
    if (row.fault !== 'lose-request') await eventually(async () => (await charged()) === 48);
    if ('endsAll' in row) proxy.endAll();
    proxy.answersAfter = null;
    letAnswer();
    expect((await Promise.all(charges)).map(({ seq }) => seq)).toEqual(Array(48).fill(2));
    expect(await charged()).toBe(48);
    expect(engine.warnings).toEqual(Array(row.losses).fill(expect.stringContaining('(lost)')));
  });

  async function charged(): Promise<number> {
    const { rows } = await database.ownerPool.query(`SELECT count(*)::int AS count FROM entries WHERE type = 'commit'`);
    return rows[0].count;
  }

  test('under load, again and again, loses nothing and does nothing twice', async () => {
    const done = new AbortController();
    const saboteur = (async () => {
      for (let i = 0; !done.signal.aborted; i++) {
        const hit = proxy.failOn(i % 3 === 2 ? 'lock\0' : APPEND, i % 2 ? 'lose-answer' : 'lose-request');
        await Promise.race([hit, new Promise(resolve => setTimeout(resolve, 200))]);
      }
    })();
    const seqs: number[] = [];
    const call = async (caller: number) => {
      for (let turn = 0; turn < 15; turn++) {
        const { entries } = await teller.charge('a', 1, { overage: 'allow_debt' }, { key: `${caller}-${turn}` }).catch(
          // Given up at its deadline is not refused: its key tells.
          () => teller.charge('a', 1, { overage: 'allow_debt' }, { key: `${caller}-${turn}` }),
        );
        seqs.push(entries[0]!.seq);
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, caller) => call(caller)));
    done.abort();
    await saboteur;
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 90 }, (_, i) => i + 2));
    expect(await new Teller(await replica()).balance('a')).toMatchObject({ seq: 91, available: 10n });
  });

  async function replica(): Promise<Engine> {
    const other = await openEngine(database);
    setImmediate(() => void other.writePath.drain());
    return other;
  }
});
