import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Subscribe } from '../../src/ledger/domain/command.js';
import type { PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import { ForgetEvents } from '../../src/webhooks/forget-events.js';
import { TellTrials } from '../../src/webhooks/outbox/tell-trials.js';
import { cancel, credits, paidPlan, plan, subscribe } from '../model/given-plan.js';
import { Teller } from '../support/teller.js';
import { runOf, ToldLedger } from './told-ledger.js';

const NOWHERE = 'http://127.0.0.1:9/hooks';
const DAY_MS = 86_400_000;
const FREE = plan('free', { grants: [credits(5_000_000n)] });
const PRO = paidPlan('pro', { grants: [credits(50_000_000n)], fallback: FREE });
const MAX = paidPlan('max', { fallback: FREE });

describe('what is told of subscriptions', () => {
  let ledger: ToldLedger;
  let teller: Teller;
  let listener: number;

  beforeAll(async () => {
    ledger = await ToldLedger.open();
    ({ teller } = ledger);
    await take('early', PRO);
    listener = (await ledger.listen(NOWHERE)).no;
  });

  afterAll(() => ledger.close());

  const take = (account: string, terms: PlanTerms, more: Partial<Subscribe> = {}) =>
    teller.command(account, subscribe(terms, more));
  const end = (account: string, when: 'now' | 'period_end') => teller.command(account, cancel(when));

  /** Does it for one account after the other until it was done before `end`: what came too late shows nothing. */
  const whileItLasts = async (name: string, does: (account: string, end: number) => Promise<void>) => {
    for (let [attempt, leadMs] = [1, 5_000]; ; attempt++, leadMs *= 2) {
      const account = `${name} ${attempt}`;
      const end = Math.ceil(Date.now() / 1000) * 1000 + leadMs;
      await does(account, end);
      if (Date.now() < end) return { account, end };
    }
  };

  const told = async (account: string, of = listener): Promise<{ type: string; data: object }[]> => {
    await ledger.fill();
    const events = (await ledger.written(of)).filter(event => event.account === account);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    return events.filter(({ type }) => type.startsWith('subscription.'));
  };
  const typesOf = async (account: string) => (await told(account)).map(({ type }) => type.replace('subscription.', ''));

  test('it began, with its plan and its period, before the credits that come with it', async () => {
    const start = Math.floor(Date.now() / 1000) * 1000 - DAY_MS;
    const { entries } = await take('begins', PRO, { start, end: start + 9 * DAY_MS });
    expect(await told('begins')).toMatchObject([
      {
        type: 'subscription.started',
        data: {
          entry: entries[0]!.id,
          subscription: 'main',
          plan: 'pro',
          plan_version: 1,
          period_start_at: new Date(start).toISOString(),
          period_end_at: new Date(start + 9 * DAY_MS).toISOString(),
        },
      },
    ]);
    expect((await ledger.written(listener)).filter(({ account }) => account === 'begins')).toMatchObject([
      { type: 'subscription.started' },
      { type: 'credits.granted' },
    ]);
  });

  test('nothing of money that bought no credits, and all that comes after it', async () => {
    await take('leaves', PRO);
    await end('leaves', 'now');
    const paid = { amount: '6.88', currency: 'USD' };
    await teller.command('leaves', { type: 'recognise', subscription: 'main', paid, reason: 'Stripe in_1' });
    expect(await typesOf('leaves')).toEqual(['started', 'ended', 'fell_back']);
    await take('leaves', PRO, { start: Math.floor(Date.now() / 1000) * 1000 + DAY_MS / 2 });
    expect((await typesOf('leaves')).slice(3)).toContain('started');
  });

  test('another plan, now or with the period; what is only planned is not', async () => {
    await take('changes', PRO);
    await take('changes', MAX);
    const now = Date.now();
    await take('changes', FREE, { when: 'period_end' });
    await take('changes', { ...MAX, version: 2 }, { start: now - DAY_MS });
    expect(await typesOf('changes')).toEqual(['started', 'changed']);
    expect((await told('changes'))[1]).toMatchObject({ data: { plan: 'max', from: { plan: 'pro', plan_version: 1 } } });
  });

  test('it is cancelled, resumed, and ended; then what it falls back to, which renews and ends for another', async () => {
    await take('ends', PRO);
    await end('ends', 'period_end');
    await end('ends', 'period_end');
    await take('ends', PRO, { cancelAtEnd: false });
    await end('ends', 'now');
    expect(await typesOf('ends')).toEqual(['started', 'canceled', 'resumed', 'ended', 'fell_back']);
    expect((await told('ends')).at(-1)).toMatchObject({ data: { subscription: 'fallback:free', plan: 'free' } });
    await take('ends', PRO);
    expect((await typesOf('ends')).slice(5)).toEqual(['started']);
    await end('ends', 'now');
    expect((await typesOf('ends')).slice(6)).toEqual(['ended', 'fell_back']);
  });

  test('a renewal, by whoever pays and by time', async () => {
    const start = Math.floor(Date.now() / 1000) * 1000;
    await take('pays', PRO, { start: start - 30 * DAY_MS, end: start });
    await take('pays', PRO, { start, end: start + 30 * DAY_MS });
    await take('pays', PRO, { start, end: start + 30 * DAY_MS });
    expect(await typesOf('pays')).toEqual(['started', 'renewed']);
    const { account, end: soon } = await whileItLasts('itself', async (name, end) => {
      await take(name, FREE, { start: end - DAY_MS, end });
    });
    await sleep(soon - Date.now() + 200);
    await teller.balance(account);
    expect(await told(account)).toMatchObject([
      { type: 'subscription.started' },
      { type: 'subscription.renewed', data: { plan: 'free', period_start_at: new Date(soon).toISOString() } },
    ]);
  });

  test('of one that began before anybody listened', async () => {
    await take('early', MAX);
    expect(await told('early')).toMatchObject([{ type: 'subscription.changed', data: { from: { plan: 'pro' } } }]);
  });

  test('is the same whatever is remembered, and however the entries are cut into ranges', async () => {
    const { no } = await ledger.listen(NOWHERE);
    const { ownerPool } = ledger.database;
    const paid = { amount: '6.88', currency: 'USD' };
    const left = { type: 'recognise', subscription: 'main', paid, reason: 'Stripe in_1' } as const;
    const steps = [() => take('memory', PRO), () => take('memory', MAX), () => end('memory', 'now')];
    for (const step of [...steps, () => teller.command('memory', left)]) {
      await step();
      await ledger.fill();
      await ownerPool.query('DELETE FROM followed_subscriptions');
    }
    await take('memory', PRO);
    await ledger.fill();
    // Of the account as it was long before: the entries behind it are looked at.
    const first = JSON.stringify([['main', { plan: 'pro', version: 1, status: 'active', cancelAtEnd: false, period: { no: 1, start: 0, end: 1 } }]]);
    await ownerPool.query(`UPDATE followed_subscriptions f SET seq = 1, subscriptions = $1 FROM account_names n
      WHERE n.account_no = f.account_no AND n.id = 'memory'`, [first]);
    await end('memory', 'period_end');
    const types = (await told('memory', no)).map(({ type }) => type.replace('subscription.', ''));
    expect(types).toEqual(['started', 'changed', 'ended', 'fell_back', 'started', 'canceled']);
  }); // prettier-ignore

  test('a trial that ends soon, once, to those who listen; not one that is cancelled, or ends later', async () => {
    const job = new TellTrials(ledger.database.appPool);
    const trial = (days: number) => ({ ...PRO, trial: { lengthMs: days * DAY_MS, grants: null } });
    await take('tries', trial(2), { trial: true });
    await take('tries long', trial(20), { trial: true });
    await take('tries no more', trial(2), { trial: true });
    await end('tries no more', 'period_end');
    const ofTest = await ledger.listen(NOWHERE, { events: ['credits.granted'] }, 'test');
    await new Teller(ledger.engine, 'test').command('tries in test', subscribe(trial(2), { trial: true }));
    await ledger.fill();
    for (let times = 0; times < 2; times++) await job.run(runOf());
    await new ForgetEvents(ledger.database.appPool).run(runOf());
    await job.run(runOf());
    expect(await typesOf('tries')).toEqual(['started', 'trial_ending']);
    expect((await told('tries'))[1]!.data).toEqual(expect.objectContaining({ subscription: 'main', plan: 'pro' }));
    expect(await typesOf('tries long')).toEqual(['started']);
    expect(await typesOf('tries no more')).toEqual(['started', 'canceled']);
    expect(await told('tries in test', ofTest.no)).toEqual([]);
    const { rows } = await ledger.database.ownerPool.query('SELECT FROM told_trials');
    expect(rows).toHaveLength(1);
  });

  test('that was paid for is renewed, and its trial is not told of again', async () => {
    const job = new TellTrials(ledger.database.appPool);
    const terms = { ...PRO, trial: { lengthMs: 2 * DAY_MS, grants: null } };
    const { account, end } = await whileItLasts('tried', async (name, trialEnd) => {
      await take(name, terms, { trial: true, start: trialEnd - 2 * DAY_MS });
      await ledger.fill();
      await job.run(runOf());
    });
    await sleep(end + 100 - Date.now());
    await take(account, terms, { start: end, end: end + 30 * DAY_MS });
    await job.run(runOf());
    expect(await typesOf(account)).toEqual(['started', 'trial_ending', 'renewed']);
  });
});
