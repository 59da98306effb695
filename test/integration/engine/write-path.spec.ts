import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

const CREDIT = 1_000_000n;

describe('the write path', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database, { units: { images: 0 } });
    teller = new Teller(engine);
  });

  afterAll(async () => {
    expect(await auditLedger(database)).toEqual([]);
    await engine.writePath.drain();
    await database.close();
  });

  test('answers a mutation with its entries, the balances and the seq after it', async () => {
    const granted = await teller.grant('answers', 5);
    expect(granted).toMatchObject({ account: 'answers', seq: 1, lot: { remaining: '5' } });
    const reserved = await teller.reserve('answers', 3);
    expect(reserved.balances).toEqual({
      credits: { available: '2', held: '3', debt: '0', granted: '5', spent: '0', expired: '0', revoked: '0' },
    });
    expect(reserved.reservation).toMatchObject({ status: 'open' });
    const committed = await teller.commit(reserved.reservation!.id, 1);
    expect(committed).toMatchObject({
      seq: 3,
      reservation: { status: 'closed' },
      entries: [{ type: 'commit', amount: '1' }],
    });
    expect(committed.balances['credits']).toMatchObject({ available: '4', held: '0', spent: '1' });
  });

  test('reads an account that has no entry as zeros with seq 0, and leaves no trace of it', async () => {
    expect(await teller.balance('nobody')).toEqual({ seq: 0, available: 0n, held: 0n, spent: 0n });
    const refusal = await refusalOf(teller.reserve('nobody', 1));
    expect(refusal).toMatchObject({
      code: 'insufficient_credits',
      details: { shortfall: [{ required: '1', available: '0' }] },
    });
    const { rows } = await database.ownerPool.query(`SELECT FROM account_names WHERE id = 'nobody'`);
    expect(rows).toHaveLength(0);
  });

  test('keeps live and test accounts of one name apart, and hides each from the other mode', async () => {
    const testTeller = new Teller(engine, 'test');
    await teller.grant('both', 5);
    await testTeller.grant('both', 7);
    expect(await teller.balance('both')).toMatchObject({ available: 5n });
    expect(await testTeller.balance('both')).toMatchObject({ available: 7n });
    const reserved = await teller.reserve('both', 1);
    expect(await refusalOf(testTeller.commit(reserved.reservation!.id, 1))).toMatchObject({
      code: 'reservation_not_found',
    });
    await teller.release(reserved.reservation!.id);
  });

  test('refuses an id whose account does not exist', async () => {
    const nobodys = engine.ids.encode('lot', 999_999_999, 1024);
    expect(await refusalOf(teller.revoke(nobodys, 1))).toMatchObject({ code: 'lot_not_found' });
  });

  test('takes names as they are: twins in other normal forms are two accounts', async () => {
    await teller.grant('Ame\u0301lie', 1);
    await teller.grant('Am\u00e9lie', 2);
    await teller.grant(`O'Brien"; DROP TABLE entries; --`, 3);
    await teller.grant('__proto__', 4);
    expect(await teller.balance('Ame\u0301lie')).toMatchObject({ available: 1n });
    expect(await teller.balance('Am\u00e9lie')).toMatchObject({ available: 2n });
    expect(await teller.balance('__proto__')).toMatchObject({ available: 4n });
  });

  test('keeps the order of an account, also of calls made at once on one that does not exist yet', async () => {
    const calls = [teller.grant('order', 10), ...Array.from({ length: 12 }, () => teller.reserve('order', 1))];
    const results = await Promise.allSettled(calls);
    const seqs = results.map(result => (result.status === 'fulfilled' ? result.value.seq : null));
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, null, null]);
  });

  test('gives exactly six of twenty reservations of 75 on 500', async () => {
    await teller.grant('six', 500);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => teller.reserve('six', 75)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    expect(await teller.balance('six')).toMatchObject({ available: 50n, held: 450n });
  });

  test('finds what ended again: refunds a closed reservation, and its entries one by one', async () => {
    await teller.grant('recall', 10);
    const { reservation } = await teller.reserve('recall', 6);
    const committed = await teller.commit(reservation!.id, 4);
    await forgetEverything();
    const refunded = await teller.refund(reservation!.id, 1);
    expect(refunded.balances['credits']).toMatchObject({ available: '7', spent: '3' });
    await forgetEverything();
    const more = await teller.refundEntry(committed.entries[0]!.id, 2);
    expect(more.balances['credits']).toMatchObject({ available: '9', spent: '1' });
    expect(await refusalOf(teller.refund(reservation!.id, 2))).toMatchObject({ code: 'refund_exceeds_commit' });
    expect(await refusalOf(teller.commit(reservation!.id, 1))).toMatchObject({ code: 'reservation_closed' });
  });

  test('finds an exhausted lot again: a refund goes back to it, a revoke counts what was revoked before', async () => {
    const { lot } = await teller.grant('exhausted', 4);
    const charged = await teller.charge('exhausted', 4);
    await forgetEverything();
    const refunded = await teller.refundEntry(charged.entries[0]!.id, 3);
    expect(refunded.entries[0]).toMatchObject({ lots: [{ lot: lot!.id, amount: '3' }] });
    await teller.revoke(lot!.id, 3);
    await forgetEverything();
    expect((await teller.revoke(lot!.id, 1)).balances['credits']).toMatchObject({ debt: '1', revoked: '4' });
    await forgetEverything();
    expect(await refusalOf(teller.revoke(lot!.id, 1))).toMatchObject({ code: 'revoke_exceeds_grant' });
  });

  test('refuses what an id does not name: an entry that is no commit, a lot that never was', async () => {
    const granted = await teller.grant('wrong', 4);
    const { accountNo } = engine.ids.decode('entry', granted.entries[0]!.id)!;
    expect(await refusalOf(teller.refundEntry(granted.entries[0]!.id, 1))).toMatchObject({ code: 'entry_not_found' });
    for (const number of [1025, 5 * 1024]) {
      const lot = engine.ids.encode('lot', accountNo, number);
      expect(await refusalOf(teller.revoke(lot, 1))).toMatchObject({ code: 'lot_not_found' });
    }
    const reservation = engine.ids.encode('reservation', accountNo, 1);
    expect(await refusalOf(teller.commit(reservation, 1))).toMatchObject({ code: 'reservation_not_found' });
  });

  test('reserves several units at once, all or nothing', async () => {
    await teller.grant('lines', 5);
    await teller.grant('lines', 5, { unit: 'images', amount: 3n });
    const lines = [
      { unit: 'credits', amount: 2n * CREDIT },
      { unit: 'images', amount: 3n },
    ];
    const reserved = await teller.reserve('lines', 0, { lines });
    expect(reserved.entries).toHaveLength(2);
    const short = await refusalOf(teller.reserve('lines', 0, { lines }));
    expect(short.details).toMatchObject({ shortfall: [{ unit: 'images', required: '3', available: '0', held: '3' }] });
    expect(short.retryable).toBe(true);
    await forgetEverything();
    const committed = await teller.commit(reserved.reservation!.id, null, { actual: [{ unit: 'images', amount: 1n }] });
    expect(committed.balances).toMatchObject({ credits: { available: '5' }, images: { available: '2', spent: '1' } });
  });

  test('remembers everything about a hold, a lot and an account that it keeps in rows', async () => {
    const appliesTo = { meters: ['images'], models: ['a', 'b'] };
    const rollover = { percent: 50, cap: 7n * CREDIT, carryMs: 86_400_000 };
    const expiresAt = Date.UTC(9999, 11, 31);
    await teller.grant('rows', 9, { appliesTo, rollover, expiresAt, cost: { amount: '19.99', currency: 'usd' } });
    await teller.command('rows', {
      type: 'configure',
      overdraftLimits: new Map([['credits', 5n * CREDIT]]),
      metadata: JSON.parse('{"zebra":"1","a":"2","__proto__":"x","\u00fcn\u00ef\\"":"\u2028"}') as Record<
        string,
        string
      >,
    });
    const { reservation } = await teller.reserve('rows', 2, {
      meter: 'images',
      model: 'a',
      member: 'bob',
      overage: 'allow_debt',
      late: 'charge',
      metadata: { b: '1', a: '2' },
    });
    const look = () => engine.writePath.read({ mode: 'live', account: 'rows' }, ({ state }) => structuredClone(state));
    const before = await look();
    await forgetEverything();
    expect(await look()).toEqual(before);
    await teller.extend(reservation!.id, { ttlMs: 1_000_000, add: { amount: CREDIT, unit: null } });
    await forgetEverything();
    const partly = await teller.commit(reservation!.id, 1, { final: false });
    expect(partly.reservation).toMatchObject({ status: 'open', lines: [{ committed: '1' }] });
    await forgetEverything();
    expect((await teller.refund(reservation!.id, 1)).balances['credits']).toMatchObject({ spent: '0' });
    await forgetEverything();
    expect((await teller.release(reservation!.id)).reservation).toMatchObject({
      lines: [{ committed: '1', refunded: '1' }],
    });
  });

  test("books what time did before anything else, and not among a command's entries", async () => {
    await teller.grant('time', 5);
    await teller.reserve('time', 4, { ttlMs: 1, graceMs: 0 });
    await new Promise(resolve => setTimeout(resolve, 20));
    const charged = await teller.charge('time', 5);
    expect(charged).toMatchObject({ seq: 4, entries: [{ seq: 4, type: 'commit' }] });
    await teller.grant('time', 5);
    await teller.reserve('time', 4, { ttlMs: 1, graceMs: 0 });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(await refusalOf(teller.charge('time', 6))).toMatchObject({ code: 'insufficient_credits' });
    expect(await teller.balance('time')).toEqual({ seq: 7, available: 5n, held: 0n, spent: 5n });
  });

  test('commits a lapsed hold where its late policy is to charge', async () => {
    await teller.grant('late', 5);
    const { reservation } = await teller.reserve('late', 4, { ttlMs: 1, graceMs: 0, late: 'charge' });
    await new Promise(resolve => setTimeout(resolve, 20));
    await teller.balance('late');
    await forgetEverything();
    const committed = await teller.commit(reservation!.id, 4);
    expect(committed).toMatchObject({ reservation: { status: 'closed' }, entries: [{ type: 'commit', amount: '4' }] });
    await forgetEverything();
    expect(await refusalOf(teller.commit(reservation!.id, 4))).toMatchObject({ code: 'reservation_closed' });
  });

  /** A new replica knows nothing but the tables. */
  async function forgetEverything(): Promise<void> {
    await engine.writePath.drain();
    engine = await openEngine(database, { units: { images: 0 } });
    teller = new Teller(engine);
  }
});
