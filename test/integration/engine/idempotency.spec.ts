import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

describe('a key', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;
  /** A second replica on the same database. */
  let other: Teller;
  let otherEngine: Engine;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    otherEngine = await openEngine(database);
    [teller, other] = [new Teller(engine), new Teller(otherEngine)];
  });

  afterAll(async () => {
    expect(await auditLedger(database)).toEqual([]);
    await Promise.all([engine.writePath.drain(), otherEngine.writePath.drain()]);
    await database.close();
  });

  test('used again gives the first answer byte for byte, whatever happened since, from any replica', async () => {
    const first = await teller.grant('again', 5, {}, { key: 'k' });
    await teller.charge('again', 2);
    for (const replica of [teller, other]) {
      const repeated = await replica.grant('again', 5, {}, { key: 'k' });
      expect(repeated).toMatchObject({ replayed: true, bytes: first.bytes });
    }
    expect(first.replayed).toBe(false);
    expect(await other.balance('again')).toMatchObject({ seq: 2, available: 3n });
  });

  test('used sixteen times at once on two replicas takes effect once, and all hear the same', async () => {
    const calls = Array.from({ length: 16 }, (_, i) => (i % 2 ? teller : other).grant('at-once', 5, {}, { key: 'k' }));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ bytes }) => bytes)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await teller.balance('at-once')).toMatchObject({ seq: 1, available: 5n });
  });

  test('used for another request is refused, also within one batch', async () => {
    await teller.grant('reused', 5, {}, { key: 'k', fingerprint: 'one' });
    const later = teller.grant('reused', 6, {}, { key: 'k', fingerprint: 'two' });
    expect(await refusalOf(later)).toMatchObject({ code: 'idempotency_key_reused', retryable: false });
    const first = teller.grant('reused', 5, {}, { key: 'm', fingerprint: 'one' });
    const second = teller.grant('reused', 6, {}, { key: 'm', fingerprint: 'two' });
    expect(await refusalOf(second)).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await first).toMatchObject({ seq: 2 });
  });

  test('belongs to its account: another account may use the same', async () => {
    await teller.grant('one', 5, {}, { key: 'shared' });
    expect(await teller.grant('two', 5, {}, { key: 'shared' })).toMatchObject({ replayed: false, account: 'two' });
  });

  test('of a refused command is free: the retry is decided afresh, also within one batch', async () => {
    const refused = teller.charge('afresh', 5, {}, { key: 'k' });
    const granted = teller.grant('afresh', 5);
    const retried = teller.charge('afresh', 5, {}, { key: 'k' });
    expect(await refusalOf(refused)).toMatchObject({ code: 'insufficient_credits' });
    await granted;
    expect(await retried).toMatchObject({ replayed: false, seq: 2 });
    const { rows } = await database.ownerPool.query(
      `SELECT FROM outcomes NATURAL JOIN account_names WHERE id = 'afresh'`,
    );
    expect(rows).toHaveLength(2);
  });

  test('of a command that would be refused by now still gives the first answer', async () => {
    await teller.grant('spent', 5);
    const first = await teller.charge('spent', 5, {}, { key: 'k' });
    expect(await other.charge('spent', 5, {}, { key: 'k' })).toMatchObject({ replayed: true, bytes: first.bytes });
  });

  test('of a command that changed nothing is remembered all the same', async () => {
    await teller.command('still', { type: 'unfreeze', reason: null }, { key: 'k' });
    await teller.command('still', { type: 'freeze', reason: null });
    const repeated = await other.command('still', { type: 'unfreeze', reason: null }, { key: 'k' });
    expect(repeated).toMatchObject({ replayed: true, seq: 0, entries: [] });
    expect(await refusalOf(other.charge('still', 1))).toMatchObject({ code: 'account_frozen' });
  });

  test('whose answer is no longer kept still takes no effect, and names the first entry', async () => {
    const first = await teller.grant('forgotten', 5, {}, { key: 'k' });
    await database.ownerPool.query('UPDATE outcomes SET body = NULL WHERE account_no = $1', [
      engine.ids.decode('entry', first.entries[0]!.id)!.accountNo,
    ]);
    const again = await refusalOf(teller.grant('forgotten', 5, {}, { key: 'k' }));
    expect(again).toMatchObject({ code: 'fact_already_recorded', details: { entry: first.entries[0]!.id } });
  });

  test('whose answer is no longer kept names no entry where there never was one', async () => {
    await teller.command('untouched', { type: 'unfreeze', reason: null }, { key: 'k' });
    await database.ownerPool.query('UPDATE outcomes SET body = NULL WHERE seq = 0');
    const again = await refusalOf(other.command('untouched', { type: 'unfreeze', reason: null }, { key: 'k' }));
    expect(again).toMatchObject({ code: 'fact_already_recorded', details: {} });
  });

  test('gives no answer of a live account to a caller of the test mode, nor the reverse', async () => {
    for (const [mode, otherMode] of [
      ['live', 'test'],
      ['test', 'live'],
    ] as const) {
      const [owner, stranger] = [new Teller(engine, mode), new Teller(otherEngine, otherMode)];
      await owner.grant('guarded', 5);
      const { reservation } = await owner.reserve('guarded', 1);
      await owner.release(reservation!.id, { key: 'k' });
      expect(await refusalOf(stranger.release(reservation!.id, { key: 'k' }))).toMatchObject({
        code: 'reservation_not_found',
      });
      const reused = stranger.release(reservation!.id, { key: 'k', fingerprint: 'another request' });
      expect(await refusalOf(reused)).toMatchObject({ code: 'reservation_not_found' });
    }
  });

  test('repeated between new commands of its account holds none of them up', async () => {
    await teller.grant('between', 5, {}, { key: 'k' });
    const answers = await Promise.all([
      teller.charge('between', 1),
      teller.grant('between', 5, {}, { key: 'k' }),
      teller.charge('between', 1),
    ]);
    expect(answers.map(({ seq, replayed }) => [seq, replayed])).toEqual([
      [2, false],
      [1, true],
      [3, false],
    ]);
  });
});

describe('a fact', () => {
  let database: TestDatabase;
  let engine: Engine;
  let otherEngine: Engine;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    otherEngine = await openEngine(database);
  });

  afterAll(async () => {
    expect(await auditLedger(database)).toEqual([]);
    await Promise.all([engine.writePath.drain(), otherEngine.writePath.drain()]);
    await database.close();
  });

  test('takes effect once in its account, whatever the key, and names the entry that recorded it', async () => {
    const teller = new Teller(engine);
    const first = await teller.grant('fact', 5, {}, { fact: 'reference:order-17' });
    for (const replica of [teller, new Teller(otherEngine)]) {
      const again = await refusalOf(replica.grant('fact', 5, {}, { fact: 'reference:order-17' }));
      expect(again).toMatchObject({ code: 'fact_already_recorded', details: { entry: first.entries[0]!.id } });
    }
    expect(await teller.grant('another', 5, {}, { fact: 'reference:order-17' })).toMatchObject({ seq: 1 });
  });

  test('sent sixteen times at once to two replicas takes effect once', async () => {
    const replicas = [new Teller(engine), new Teller(otherEngine)];
    const calls = Array.from({ length: 16 }, (_, i) => replicas[i % 2]!.grant('storm', 5, {}, { fact: 'payment:1' }));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const codes = results.map(result => (result.status === 'rejected' ? result.reason.code : 'done'));
    expect(new Set(codes)).toEqual(new Set(['done', 'fact_already_recorded']));
    expect(await replicas[0]!.balance('storm')).toMatchObject({ seq: 1, available: 5n });
  });

  test('of a refused command may still happen', async () => {
    const teller = new Teller(engine);
    const late = await refusalOf(teller.grant('later', 5, { expiresAt: 1 }, { fact: 'reference:1' }));
    expect(late).toMatchObject({ code: 'invalid_request' });
    expect(await teller.grant('later', 5, {}, { fact: 'reference:1' })).toMatchObject({ seq: 1 });
  });

  test('gives way to the key: the same request repeated is answered as before', async () => {
    const teller = new Teller(engine);
    const first = await teller.grant('both', 5, {}, { key: 'k', fact: 'reference:1' });
    const again = await teller.grant('both', 5, {}, { key: 'k', fact: 'reference:1' });
    expect(again).toMatchObject({ replayed: true, bytes: first.bytes });
  });
});
