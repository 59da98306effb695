import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AlertRule } from '../../src/alerts/alert-rule.js';
import { deriveLevels } from '../../src/alerts/read-levels.js';
import { readLevels } from '../../src/alerts/remembered-levels.js';
import type { Mode } from '../../src/keys/api-key.js';
import { TellExpiringLots } from '../../src/webhooks/outbox/tell-expiring-lots.js';
import { Teller } from '../support/teller.js';
import { runOf, ToldLedger } from './told-ledger.js';

const NOWHERE = 'http://127.0.0.1:9/hooks';
const CREDIT = 1_000_000n;

describe('the outbox', () => {
  let ledger: ToldLedger;
  let teller: Teller;
  let listener: number;

  beforeAll(async () => {
    ledger = await ToldLedger.open({ images: 0 });
    ({ teller } = ledger);
    await teller.grant('before', 7);
    await teller.charge('before', 1);
    listener = (await ledger.listen(NOWHERE)).no;
  });

  afterAll(() => ledger.close());

  const rule = (account: string | null, more: Partial<AlertRule>, mode: Mode = 'live') =>
    ledger.rules.put(
      { mode, account },
      { name: 'low', enabled: true, unit: 'credits', kind: 'amount', value: '10', measure: 'unspent', ...more },
    );

  const told = async (account: string, of = listener) => {
    await ledger.fill();
    return (await ledger.written(of)).filter(event => event.account === account);
  };
  const typesOf = async (account: string) => (await told(account)).map(({ type }) => type);
  const crossings = async (account: string) =>
    (await told(account)).filter(({ type }) => type === 'credits.threshold_crossed').map(({ data }) => data);

  test('tells of a grant with its lot, numbered from 1 without gaps', async () => {
    const { lot, entries } = await teller.grant('granted', 5);
    await teller.grant('granted', 2);
    expect(await told('granted')).toEqual([
      {
        account: 'granted',
        sequence: 1,
        type: 'credits.granted',
        data: {
          entry: entries[0]!.id,
          lot: lot!.id,
          unit: 'credits',
          amount: '5',
          category: 'promotional',
          expires_at: null,
          balance: { available: '5', held: '0', debt: '0' },
        },
      },
      expect.objectContaining({ sequence: 2 }),
    ]);
  });

  test('knows nothing of what was before the endpoint, but what it led to', async () => {
    await teller.charge('before', 6);
    expect(await told('before')).toMatchObject([
      { sequence: 1, type: 'credits.limit_reached', data: { balance: { available: '0' } } },
    ]);
  });

  test('tells of a threshold exactly when it is reached, once, and again after it was above', async () => {
    await rule('amounts', { value: '10' });
    await teller.grant('amounts', 12);
    await teller.charge('amounts', 1);
    expect(await crossings('amounts')).toEqual([]);
    await teller.charge('amounts', 1);
    const crossed = { rule: 'low', threshold: { amount: '10' }, measure: 'unspent', balance: { available: '10' } };
    expect(await crossings('amounts')).toMatchObject([crossed]);
    await teller.charge('amounts', 3);
    await teller.grant('amounts', 3);
    expect(await crossings('amounts')).toHaveLength(1);
    await teller.grant('amounts', 1);
    await teller.charge('amounts', 5);
    expect(await crossings('amounts')).toHaveLength(2);
  });

  test('is not moved by work in flight, unless the rule asks for what is available', async () => {
    await rule('flight', {});
    await rule('flight', { name: 'available', measure: 'available' });
    await teller.grant('flight', 20);
    const { reservation } = await teller.reserve('flight', 15);
    expect(await crossings('flight')).toMatchObject([
      { rule: 'available', balance: { available: '5', held: '15', debt: '0' } },
    ]);
    await teller.commit(reservation!.id, 12);
    expect(await crossings('flight')).toMatchObject([{ rule: 'available' }, { rule: 'low' }]);
  });

  test('reckons percent of what was unspent after the latest grant', async () => {
    await rule('percents', { kind: 'percent', value: '20' });
    await teller.grant('percents', 50);
    await teller.grant('percents', 50);
    await teller.charge('percents', 79);
    expect(await crossings('percents')).toEqual([]);
    await teller.charge('percents', 1);
    expect(await crossings('percents')).toMatchObject([{ threshold: { percent: 20, of: '100' } }]);
  });

  test('projects when credits run out from the spending of 24 hours', async () => {
    await rule('running', { kind: 'runs_out_within_seconds', value: '86400' });
    await teller.grant('running', 100);
    await teller.charge('running', 49);
    expect(await crossings('running')).toEqual([]);
    await teller.charge('running', 1);
    expect(await crossings('running')).toMatchObject([{ threshold: { runs_out_within_seconds: 86_400, spent: '50' } }]);
  });

  test('lets an own rule come before the one of its name for all accounts, and silence it', async () => {
    await rule(null, { value: '3', unit: 'images', name: 'few' });
    await rule('own', { value: '1', unit: 'images', name: 'few' });
    await rule('silent', { unit: 'images', name: 'few', enabled: false });
    const images = { unit: 'images', amount: 4n };
    for (const account of ['default', 'own', 'silent']) {
      await teller.grant(account, 0, images);
      await teller.charge(account, 0, { lines: [{ unit: 'images', amount: 2n }] });
    }
    expect(await crossings('default')).toMatchObject([{ rule: 'few', unit: 'images', balance: { available: '2' } }]);
    expect(await crossings('own')).toEqual([]);
    expect(await crossings('silent')).toEqual([]);
  });

  test('tells of the entry that leaves nothing available, and of no refusal', async () => {
    await teller.grant('nothing', 4);
    const { reservation } = await teller.reserve('nothing', 4);
    await expect(teller.reserve('nothing', 1)).rejects.toThrow();
    await expect(teller.charge('nothing', 1)).rejects.toThrow();
    await teller.release(reservation!.id);
    await teller.charge('nothing', 4);
    expect(await typesOf('nothing')).toEqual(['credits.granted', 'credits.limit_reached', 'credits.limit_reached']);
  });

  test('tells when an account begins to owe, and when it owes nothing any more', async () => {
    const limit = { overdraftLimits: new Map([['credits', 10n * CREDIT]]) };
    await teller.grant('owing', 1);
    await teller.command('owing', { type: 'configure', ...limit, metadata: null });
    await teller.charge('owing', 3, { overage: 'allow_debt' });
    await teller.charge('owing', 1, { overage: 'allow_debt' });
    await teller.grant('owing', 2);
    await teller.grant('owing', 2);
    expect(await typesOf('owing')).toEqual([
      'credits.granted', 'credits.limit_reached', 'credits.debt_incurred', 'credits.granted', 'credits.granted', 'credits.debt_paid',
    ]);
  }); // prettier-ignore

  test('tells of a reservation whose time was over once, with all its lines', async () => {
    await teller.grant('late', 10);
    await teller.grant('late', 0, { unit: 'images', amount: 3n });
    const lines = [{ unit: 'credits', amount: 2n * CREDIT }, { unit: 'images', amount: 1n }]; // prettier-ignore
    const { reservation } = await teller.reserve('late', 0, { lines, ttlMs: 1_000, graceMs: 0 });
    await new Promise(resolve => setTimeout(resolve, 1_300));
    await teller.balance('late');
    const expired = (await told('late')).filter(({ type }) => type === 'reservation.expired');
    expect(expired).toMatchObject([
      { data: { reservation: reservation!.id, lines: [{ unit: 'credits', amount: '2' }, { unit: 'images', amount: '1' }] } },
    ]); // prettier-ignore
  });

  test('tells of a lot before it expires, once for each rule', async () => {
    await rule('ending', { name: 'soon', kind: 'expires_within_seconds', value: '3600' });
    await teller.grant('ending', 5, { expiresAt: Date.now() + 3_000_000 });
    const { lot } = await teller.grant('ending', 5, { expiresAt: Date.now() + 1_800_000 });
    await teller.grant('ending', 5, { expiresAt: Date.now() + 7_200_000 });
    await teller.charge('ending', 2);
    const job = new TellExpiringLots(ledger.database.appPool, ledger.engine.ids);
    await job.run(runOf());
    await job.run(runOf());
    const expiring = (await told('ending')).filter(({ type }) => type === 'credits.expiring');
    expect(expiring).toHaveLength(2);
    expect(expiring.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ lot: lot!.id, rule: 'soon', remaining: '3' }),
    );
  });

  test('keeps live and test apart', async () => {
    const ofTest = (await ledger.listen(NOWHERE, {}, 'test')).no;
    const tester = new Teller(ledger.engine, 'test');
    await rule(null, { name: 'of-test', value: '1' }, 'test');
    await tester.grant('both', 2);
    await tester.charge('both', 1);
    await teller.grant('both', 9);
    await ledger.fill();
    expect((await told('both')).map(({ data }) => data)).toMatchObject([{ amount: '9' }]);
    expect((await told('both', ofTest)).map(({ type }) => type)).toEqual([
      'credits.granted',
      'credits.threshold_crossed',
    ]);
    expect((await ledger.written(ofTest)).every(({ account }) => account === 'both')).toBe(true);
  });

  test('has for an endpoint what it asked for, numbered without gaps all the same', async () => {
    const { no } = await ledger.listen(NOWHERE, { events: ['credits.limit_reached'] });
    for (let round = 0; round < 3; round++) {
      await teller.grant('some', 1);
      await teller.charge('some', 1);
    }
    expect(await told('some', no)).toMatchObject([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
    expect(await told('some')).toHaveLength(6);
  });

  test('tells an endpoint nothing that was before it, also where others have yet to hear of it', async () => {
    await teller.grant('late comer', 3);
    const { no } = await ledger.listen(NOWHERE);
    await teller.grant('late comer', 4);
    expect(await told('late comer')).toHaveLength(2);
    expect(await told('late comer', no)).toMatchObject([{ sequence: 1, data: { amount: '4' } }]);
  });

  test('trusts no memory of an account that went on while nobody listened', async () => {
    const silent = await ToldLedger.open();
    const { id } = await silent.listen(NOWHERE);
    await silent.teller.grant('a', 10);
    await silent.fill();
    await silent.endpoints.delete({ keyId: 'key_1', mode: 'live', scopes: [] }, id);
    await silent.teller.charge('a', 6);
    await silent.fill();
    const { no } = await silent.listen(NOWHERE);
    await silent.teller.charge('a', 4);
    await silent.fill();
    expect(await silent.written(no)).toMatchObject([{ sequence: 1, type: 'credits.limit_reached' }]);
    await silent.close();
  });

  test('remembers of an account what its entries say', async () => {
    await ledger.fill();
    const client = await ledger.database.ownerPool.connect();
    const { rows } = await client.query('SELECT account_no, seq FROM account_levels');
    expect(rows.length).toBeGreaterThan(10);
    for (const { account_no: no, seq } of rows) {
      const place = { accountNo: Number(no), seq: Number(seq), nextAt: Date.now() };
      expect(await readLevels(client, [place])).toEqual(await deriveLevels(client, [place]));
    }
    client.release();
  });

  test('says the same when it forgets all it remembers between two entries', async () => {
    await rule('forgetful', { kind: 'percent', value: '50' });
    await rule('forgetful', { name: 'out', kind: 'runs_out_within_seconds', value: '43200' });
    await teller.grant('forgetful', 100);
    for (const amount of [30, 19, 1, 10, 6, 1]) {
      await teller.charge('forgetful', amount);
      await ledger.fill();
      await ledger.database.ownerPool.query('DELETE FROM account_levels');
    }
    expect(await crossings('forgetful')).toMatchObject([
      { rule: 'low', balance: { available: '50' } },
      { rule: 'out', balance: { available: '33' } },
    ]);
  });
});
