import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Api, expectStatus, pathOf, type Json } from '../contract/api.js';
import { ClockedApi } from '../contract/clocks.js';
import { auditLedger } from '../support/audit.js';
import { eventually } from '../support/data-dir.js';
import { Teller } from '../support/teller.js';
import { transact } from '../../src/database/transact.js';
import { ForgetEvents } from '../../src/webhooks/forget-events.js';
import { ClockNotices } from '../../src/webhooks/outbox/clock-notices.js';
import { TellExpiringLots } from '../../src/webhooks/outbox/tell-expiring-lots.js';
import { TellTrials } from '../../src/webhooks/outbox/tell-trials.js';
import type { RecurringJob } from '../../src/workers/recurring-job.js';
import { Receiver, type Received } from './receiver.js';
import { runOf, ToldLedger } from './told-ledger.js';

const AT = '2027-01-01T00:00:00.000Z';
const DAY_S = 86_400;

describe('webhooks of accounts that live by a test clock', () => {
  const services: Api[] = [];
  let live: Api;
  let api: ClockedApi;
  let receiver: Receiver;
  let endpoint: Json;

  beforeAll(async () => {
    const env = { ROLE: 'all', WEBHOOKS_ALLOW_LOOPBACK: 'true' };
    live = await Api.start(undefined, pino({ level: 'error' }), env);
    // Two replicas with their jobs, as in production.
    services.push(live, await Api.start(live, pino({ level: 'error' }), env));
    const as = await live.makeKey({ mode: 'test', scopes: ['ledger:read', 'ledger:write', 'config:write', 'ops'] });
    api = ClockedApi.as(live, as);
    const plan = { name: 'Monthly', publish: true, grants: [{ unit: 'credits', amount: '100' }] };
    const trial = { days: 14, grants: [{ unit: 'credits', amount: '10' }] };
    expectStatus(200, await live.put('/v1/plans/monthly', { ...plan, trial }));
    expectStatus(200, await api.put('/v1/alert-rules/soon', { expires_within_seconds: 7 * DAY_S }));
    expectStatus(200, await api.put('/v1/alert-rules/tomorrow', { expires_within_seconds: DAY_S }));
  });

  beforeEach(async () => {
    receiver = await Receiver.open();
    endpoint = expectStatus(201, await api.post('/v1/webhook-endpoints', { url: receiver.url }));
    receiver.secrets = [endpoint.secret];
  });

  afterEach(async () => {
    await live.call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`, { as: api.as });
    await receiver.close();
    expect(receiver.faults).toEqual([]);
  });

  afterAll(async () => {
    expect(await auditLedger(live.database)).toEqual([]);
    for (const service of services.toReversed()) await service.stop();
  });

  /** What the receiver was told of an account, once it was told so much. */
  async function told(account: string, events: number): Promise<Received[]> {
    await eventually(() => receiver.of(account).length >= events);
    const all = receiver.of(account);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
    return all;
  }

  const inWords = ({ type, occurred_at: at, data }: Received): string =>
    [at.replace('T00:00:00.000Z', ''), type, data.rule ?? data.amount ?? ''].join(' ').trim();

  test('tell of what comes and of what is to come, by the clock, in its order, however far it is moved at once', async () => {
    const clock = await api.account('told', AT);
    await api.grant('told', '5', { expires_at: '2027-02-10T00:00:00Z' });
    await api.subscribe('told', { plan: 'monthly', trial: true });
    const { reservation } = expectStatus(
      201,
      await api.post(`${pathOf('told')}/reservations`, { amount: '1', ttl_seconds: DAY_S, grace_seconds: 0 }),
    );
    expect(reservation.status).toBe('open');
    await api.advance(clock, '2027-03-20T00:00:00Z');
    const expected = [
      '2027-01-01 credits.granted 5',
      '2027-01-01 subscription.started',
      '2027-01-01 credits.granted 10',
      '2027-01-02 reservation.expired',
      '2027-01-08 credits.expiring soon',
      '2027-01-12 subscription.trial_ending',
      '2027-01-14 credits.expiring tomorrow',
      '2027-01-15 subscription.renewed',
      '2027-01-15 credits.granted 100',
      '2027-02-03 credits.expiring soon',
      '2027-02-08 credits.expiring soon',
      '2027-02-09 credits.expiring tomorrow',
      '2027-02-14 credits.expiring tomorrow',
      '2027-02-15 credits.limit_reached',
      '2027-02-15 subscription.renewed',
      '2027-02-15 credits.granted 100',
      '2027-03-08 credits.expiring soon',
      '2027-03-14 credits.expiring tomorrow',
      '2027-03-15 credits.limit_reached',
      '2027-03-15 subscription.renewed',
      '2027-03-15 credits.granted 100',
    ];
    expect((await told('told', expected.length)).map(inWords)).toEqual(expected);
  });

  test('reckon when credits run out by the days of the clock, not by ours', async () => {
    const rule = { runs_out_within_seconds: DAY_S };
    const clock = await api.account('runs_out', AT);
    expectStatus(200, await api.put(`${pathOf('runs_out')}/alert-rules/projected`, rule));
    await api.grant('runs_out', '100');
    await api.charge('runs_out', '30');
    await api.advance(clock, '2027-01-04T00:00:00Z');
    // Of the last 24 hours these are all; with those of three days before, what is left would not last a day.
    await api.charge('runs_out', '30');
    await api.charge('runs_out', '10');
    const crossed = await told('runs_out', 2);
    expect(crossed.map(({ type }) => type)).toEqual(['credits.granted', 'credits.threshold_crossed']);
    expect(crossed[1]).toMatchObject({
      occurred_at: '2027-01-04T00:00:00.000Z',
      data: { rule: 'projected', threshold: { spent: '40' }, balance: { available: '30' } },
    });
  });

  test('are of one account and one clock: another clock, and an account of the real time, are told nothing by it', async () => {
    // Far ahead of the real time as well.
    const at = '2090-01-01T00:00:00.000Z';
    const clock = await api.account('moves', at);
    await api.account('stands', at);
    for (const name of ['moves', 'stands', 'real']) await api.grant(name, '1', { expires_at: '2090-06-30T00:00:00Z' });
    await api.advance(clock, '2090-06-29T12:00:00Z');
    expect((await told('moves', 3)).map(inWords)).toEqual([
      '2090-01-01 credits.granted 1',
      '2090-06-23 credits.expiring soon',
      '2090-06-29 credits.expiring tomorrow',
    ]);
    for (const name of ['stands', 'real'])
      expect((await told(name, 1)).map(({ type }) => type)).toEqual(['credits.granted']);
  });
});

describe('what is to come by a clock that stands', () => {
  const PAST = '2020-01-01T00:00:00.000Z';
  let ledger: ToldLedger;
  let jobs: readonly RecurringJob[];

  beforeEach(async () => {
    ledger = await ToldLedger.open();
    const { appPool } = ledger.database;
    jobs = [new TellExpiringLots(appPool, ledger.engine.ids), new TellTrials(appPool), new ForgetEvents(appPool)];
    await ledger.database.ownerPool.query(`INSERT INTO test_clocks (id, now_at) VALUES ('clk_past', $1)`, [PAST]);
    const rule = { unit: 'credits', kind: 'expires_within_seconds', value: '3600', measure: 'unspent' } as const;
    await ledger.rules.put({ mode: 'test', account: null }, { name: 'soon', enabled: true, ...rule });
    const teller = new Teller(ledger.engine, 'test');
    const join = { type: 'configure', overdraftLimits: null, metadata: null, testClock: 'clk_past' } as const;
    await teller.command('past', join);
    await teller.grant('past', 1, { expiresAt: Date.parse(PAST) + 3_600_000 });
    await teller.grant('past', 1, { expiresAt: Date.parse(PAST) + 3_600_001 });
  });

  afterEach(() => ledger.close());

  const run = async (): Promise<void> => {
    for (const job of jobs) await job.run(runOf());
  };

  test('is told by a job, exactly so long ahead, once, though by our time it was long ago', async () => {
    const { no } = await ledger.listen('https://example.com/', { events: ['credits.expiring'] }, 'test');
    for (let times = 0; times < 3; times++) await run();
    expect(await ledger.written(no)).toMatchObject([{ account: 'past', type: 'credits.expiring' }]);
    const { rows } = await ledger.database.ownerPool.query('SELECT occurred_at FROM webhook_events');
    expect(rows).toEqual([{ occurred_at: new Date(PAST) }]);
  });

  test('is left to whoever moves the clock, while it is on its way', async () => {
    const { no } = await ledger.listen('https://example.com/', {}, 'test');
    await ledger.database.ownerPool.query(`UPDATE test_clocks SET target_at = now_at + interval '1 day'`);
    await run();
    expect(await ledger.written(no)).toEqual([]);
  });

  test('is not told where nobody listens, and stops no clock', async () => {
    const stops = await transact(ledger.database.appPool, client => notices().nextAt(client, 'clk_past'));
    expect(stops).toBeNull();
    await ledger.listen('https://example.com/', {}, 'live');
    await run();
    const { no } = await ledger.listen('https://example.com/', {}, 'test');
    expect(await transact(ledger.database.appPool, client => notices().nextAt(client, 'clk_past'))).toEqual(
      new Date(Date.parse(PAST) + 1),
    );
    await run();
    expect(await ledger.written(no)).toHaveLength(1);
  });

  function notices(): ClockNotices {
    const { appPool } = ledger.database;
    const log = { error: (text: string) => void ledger.said.push(text) };
    const [lots, trials] = [new TellExpiringLots(appPool, ledger.engine.ids), new TellTrials(appPool)];
    return new ClockNotices(appPool, ledger.outbox, lots, trials, log);
  }
});
