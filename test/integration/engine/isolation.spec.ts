import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

/** Fine to the domain; PostgreSQL has no such text. */
const POISON = { reason: 'nul \0 nul' };

describe('a poisonous command', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;

  beforeEach(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    teller = new Teller(engine);
    await Promise.all(['a', 'b', 'c'].map(account => teller.grant(account, 100)));
  });

  afterEach(async () => {
    await engine.writePath.drain();
    expect(await auditLedger(database)).toEqual([]);
    await database.close();
  });

  /** A good call, the bad one, another good one, on several accounts in one batch. */
  async function surround(bad: () => Promise<unknown>): Promise<void> {
    const good = (round: number) => ['a', 'b', 'c'].map(account => teller.charge(account, round));
    const [before, culprit, after] = [good(1), refusalOf(bad()), good(2)];
    expect((await Promise.all(before)).map(({ seq }) => seq)).toEqual([2, 2, 2]);
    expect(await culprit).toMatchObject({ code: 'internal', retryable: false });
    expect((await Promise.all(after)).map(({ seq }) => seq)).toEqual([3, 3, 3]);
    expect(await teller.balance('b')).toMatchObject({ seq: 3, available: 97n });
  }

  test('that PostgreSQL rejects fails alone, and says nothing of SQL', async () => {
    await surround(() => teller.charge('b', 5, POISON));
    const refusal = await refusalOf(teller.charge('b', 5, POISON));
    expect(refusal.message).not.toMatch(/UTF8|0x00|entries|append/i);
    expect(refusal.details).toEqual({});
  });

  test('that throws while it is decided fails alone', async () => {
    await surround(() => teller.charge('b', 5, { lines: [{ unit: 'credits', amount: 5 as never }] }));
  });

  test('that throws while it is answered fails alone, although the state had moved by then', async () => {
    await surround(() => teller.grant('b', 5, { unit: 'never-defined' }));
  });

  test('many at once between good ones each fail alone', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => {
      const account = ['a', 'b', 'c'][i % 3]!;
      return i % 7 === 3 ? teller.charge(account, 1, POISON) : teller.charge(account, 1);
    });
    const results = await Promise.allSettled(calls);
    results.forEach(({ status }, i) => expect(status).toBe(i % 7 === 3 ? 'rejected' : 'fulfilled'));
  });

  test('may be sent again with its key, repaired', async () => {
    await refusalOf(teller.charge('a', 5, POISON, { key: 'k' }));
    expect(await teller.charge('a', 5, {}, { key: 'k' })).toMatchObject({ replayed: false, seq: 2 });
  });

  test('as a look that throws harms neither the account nor its neighbours', async () => {
    const target = { mode: 'live', account: 'a' } as const;
    const look = engine.writePath.read(target, () => {
      throw new TypeError('a fault');
    });
    const charged = teller.charge('a', 1);
    expect(await refusalOf(look)).toMatchObject({ code: 'internal' });
    expect(await charged).toMatchObject({ seq: 2 });
  });
});
