import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { PlanCatalogue } from '../../src/plans/plan-catalogue.js';
import type { StripePlace } from '../../src/stripe/payments/read-payments.js';
import { paidPeriods } from '../../src/stripe/subscriptions/paid-period.js';
import { ReadSubscriptions, type PaidInvoice } from '../../src/stripe/subscriptions/read-subscriptions.js';
import { SettleSubscription } from '../../src/stripe/subscriptions/settle-subscription.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
import { Api, pathOf, type Json } from '../contract/api.js';
import { openEngine, type Engine } from '../support/engine.js';

const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;
const NOW_SECONDS = Math.floor(Date.now() / 1_000);
const LIVE: StripePlace = { mode: 'live', stripeAccount: null };

type Line = Parameters<typeof paidPeriods>[1][number];

interface Item {
  readonly id: string;
  readonly price: string;
  readonly quantity?: number;
}

/** A subscription as Stripe has it, and the lines of its paid invoices; a test changes both. */
class AtStripe extends ReadSubscriptions {
  status: Stripe.Subscription.Status = 'active';
  cancelAtPeriodEnd = false;
  trialEnd: number | null = null;
  metadata: Record<string, string> = {};
  period = { start: NOW_SECONDS - DAY_SECONDS, end: NOW_SECONDS - DAY_SECONDS + MONTH_SECONDS };
  lines: Line[] = [];
  looks = 0;

  constructor(
    readonly id: string,
    readonly account: string | undefined,
    public items: readonly Item[],
  ) {
    super(new StripeClients({ secretKeys: [], webhookSecrets: [], apiBase: null }));
  }

  /** The invoice of the current period is paid. */
  pay(more: { proration?: boolean } = {}): this {
    const { period } = this;
    for (const { id: item, price, quantity = 1 } of this.items) {
      this.lines.push(lineOf(this.id, item, price, quantity, period, more.proration ?? false));
    }
    return this;
  }

  goOn(): this {
    this.period = { start: this.period.end, end: this.period.end + MONTH_SECONDS };
    return this;
  }

  override async subscription(): Promise<Stripe.Subscription> {
    this.looks++;
    const { start, end } = this.period;
    const items = this.items.map(({ id, price, quantity = 1 }) => {
      return { id, price: { id: price }, quantity, current_period_start: start, current_period_end: end };
    });
    const seen = {
      id: this.id,
      customer: 'cus_1',
      status: this.status,
      cancel_at: null,
      cancel_at_period_end: this.cancelAtPeriodEnd,
      trial_start: this.trialEnd === null ? null : NOW_SECONDS - DAY_SECONDS,
      trial_end: this.trialEnd,
      metadata: this.metadata,
      items: { data: items },
    };
    return seen as unknown as Stripe.Subscription;
  }

  /** Each line on an invoice of its own, and nobody knows what was paid. */
  override async paidInvoices(): Promise<PaidInvoice[]> {
    return this.lines.map((line, at) => {
      return { id: `in_${this.id}_${at}`, currency: 'usd', periods: paidPeriods(this.id, [line]), money: new Map() };
    });
  }

  override async accountNamed(): Promise<string | undefined> {
    return this.account;
  }
}

describe('subscriptions of Stripe and the ledger', () => {
  let api: Api;
  let engines: Engine[];
  let count = 0;
  let account: string;
  let sub: string;

  beforeAll(async () => {
    api = await Api.start();
    engines = [await openEngine(api.database), await openEngine(api.database)];
    const grants = (amount: string) => [{ unit: 'credits', amount }];
    const plans = {
      basic: {
        name: 'Basic',
        grants: grants('100'),
        prices: [{ amount: '10', currency: 'usd', stripe_price: 'price_basic' }],
      },
      pro: {
        name: 'Pro',
        grants: grants('1000'),
        prices: [{ amount: '20', currency: 'usd', stripe_price: 'price_pro' }],
      },
      tried: {
        name: 'Tried',
        grants: grants('500'),
        prices: [{ amount: '20', currency: 'usd', stripe_price: 'price_tried' }],
        trial: { days: 30, grants: grants('50') },
      },
    };
    for (const [id, plan] of Object.entries(plans)) {
      const { status, text } = await api.put(`/v1/plans/${id}`, { ...plan, publish: true });
      if (status !== 200) throw new Error(text);
    }
  });

  afterAll(async () => {
    for (const { writePath } of engines ?? []) await writePath.drain();
    await api?.stop();
  });

  beforeEach(() => {
    count += 1;
    account = `subscriber_${count}`;
    sub = `sub_${count}`;
  });

  const atStripe = (items: readonly Item[] = [{ id: `si_${count}`, price: 'price_basic' }]) =>
    new AtStripe(sub, account, items);
  const replica = (read: ReadSubscriptions, at = 0): SettleSubscription => {
    const { writePath, units } = engines[at]!;
    return new SettleSubscription({
      pool: api.database.appPool,
      read,
      catalogue: new PlanCatalogue(api.database.appPool, units),
      writePath,
    });
  };
  const settle = async (read: AtStripe, at = 0): Promise<string | undefined> => replica(read, at).settle(LIVE, read.id);
  const had = async (id = sub): Promise<Json> =>
    (await api.get(`${pathOf(account)}/subscriptions/${id}`)).body.subscription;
  const credits = async (): Promise<Json> => (await api.get(pathOf(account))).body.balances.credits;

  test('a period that is paid is begun once, however often anybody is told of it', async () => {
    const stripe = atStripe();
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
    stripe.pay();
    for (const at of [0, 1, 0, 1]) await settle(stripe, at);
    expect(await credits()).toMatchObject({ granted: '100', available: '100' });
    expect(await had()).toMatchObject({ plan: 'basic', status: 'active', period_start_at: iso(stripe.period.start) });
  });

  test('sixteen who are told at once on two replicas begin it once', async () => {
    const stripe = atStripe().pay();
    const told = Array.from({ length: 16 }, async (_, at) => {
      for (;;) {
        const settled = await settle(stripe, at % 2).catch((error: Error) => error);
        if (!(settled instanceof Error)) return;
        expect(settled.message).toContain('is being settled elsewhere');
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    });
    await Promise.all(told);
    expect(await credits()).toMatchObject({ granted: '100' });
  });

  test('a period that the caller has begun before is not begun again', async () => {
    const stripe = atStripe().pay();
    const { start, end } = stripe.period;
    const cycle = { cycle_start_at: iso(start), cycle_end_at: iso(end) };
    expect((await api.put(`${pathOf(account)}/subscriptions/${sub}`, { plan: 'basic', ...cycle })).status).toBe(200);
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
    expect(await credits()).toMatchObject({ granted: '100' });
  });

  test('only a paid invoice renews; one that is paid ahead waits for its time', async () => {
    const stripe = atStripe().pay();
    await settle(stripe);
    stripe.goOn();
    stripe.status = 'past_due';
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
    stripe.status = 'active';
    stripe.pay();
    await settle(stripe);
    await settle(stripe, 1);
    expect(await credits()).toMatchObject({ granted: '100' });
    expect(await had()).toMatchObject({ next: { plan: 'basic', starts_at: iso(stripe.period.start) } });
  });

  test('invoices of the past give nothing any more, and one that renews late gives its period', async () => {
    const stripe = atStripe();
    stripe.period = { start: NOW_SECONDS - 3 * MONTH_SECONDS, end: NOW_SECONDS - 2 * MONTH_SECONDS };
    stripe.pay().goOn().pay().goOn().pay();
    stripe.goOn().pay();
    stripe.lines.reverse();
    await settle(stripe);
    expect(await had()).toMatchObject({ period_start_at: iso(stripe.period.start) });
    expect(await credits()).toMatchObject({ available: '100' });
  });

  test('an upgrade within a period gives what is left of its time, once, and the old invoice does not take it back', async () => {
    const stripe = atStripe();
    stripe.period = { start: NOW_SECONDS - MONTH_SECONDS / 2, end: NOW_SECONDS + MONTH_SECONDS / 2 };
    stripe.pay();
    await settle(stripe);
    stripe.items = [{ id: `si_${count}`, price: 'price_pro' }];
    stripe.pay({ proration: true });
    await settle(stripe);
    const { available } = await credits();
    expect(Number(available)).toBeGreaterThan(490);
    expect(Number(available)).toBeLessThan(560);
    for (const at of [1, 0]) await settle(stripe, at);
    expect(await credits()).toMatchObject({ available });
    expect(await had()).toMatchObject({ plan: 'pro' });
  });

  test('hears of an upgrade first and of the invoice before it later, and has the plan that holds', async () => {
    const stripe = atStripe([{ id: `si_${count}`, price: 'price_pro' }]);
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
    stripe.items = [{ id: `si_${count}`, price: 'price_basic' }];
    stripe.pay();
    stripe.items = [{ id: `si_${count}`, price: 'price_pro' }];
    await settle(stripe);
    expect(await had()).toMatchObject({ plan: 'pro' });
  });

  test('a downgrade begins with the invoice that is paid for it', async () => {
    const stripe = atStripe([{ id: `si_${count}`, price: 'price_pro' }]);
    stripe.period = { start: NOW_SECONDS - MONTH_SECONDS - DAY_SECONDS, end: NOW_SECONDS - DAY_SECONDS };
    stripe.pay();
    await settle(stripe);
    stripe.goOn();
    stripe.items = [{ id: `si_${count}`, price: 'price_basic' }];
    stripe.status = 'past_due';
    await settle(stripe);
    expect(await had()).toMatchObject({ plan: 'pro', status: 'past_due' });
    stripe.status = 'active';
    stripe.pay();
    await settle(stripe);
    expect(await had()).toMatchObject({ plan: 'basic', status: 'active', period_start_at: iso(stripe.period.start) });
  });

  test('it is cancelled at its end, goes on after all, and ends', async () => {
    const stripe = atStripe().pay();
    await settle(stripe);
    for (const cancels of [true, true, false, true]) {
      stripe.cancelAtPeriodEnd = cancels;
      await settle(stripe);
      expect(await had()).toMatchObject({ cancel_at_period_end: cancels });
    }
    stripe.status = 'canceled';
    await settle(stripe);
    expect(await had()).toMatchObject({ status: 'ended' });
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
  });

  test('several items are subscriptions of their own, and one that is taken off ends', async () => {
    const stripe = atStripe([
      { id: `si_${count}_a`, price: 'price_basic' },
      { id: `si_${count}_b`, price: 'price_pro' },
      { id: `si_${count}_c`, price: 'price_of_seats' },
    ]).pay();
    await settle(stripe);
    expect(await credits()).toMatchObject({ granted: '1100' });
    expect(await had()).toMatchObject({ plan: 'basic' });
    expect(await had(`si_${count}_b`)).toMatchObject({ plan: 'pro' });
    stripe.items = stripe.items.slice(0, 1);
    await settle(stripe);
    expect(await had(`si_${count}_b`)).toMatchObject({ status: 'ended' });
    expect(await had()).toMatchObject({ status: 'active' });
  });

  test('a quantity multiplies what the plan gives, as long as it is paid for', async () => {
    const item = { id: `si_${count}`, price: 'price_basic' };
    const stripe = atStripe([{ ...item, quantity: 3 }]);
    stripe.period = {
      start: NOW_SECONDS - 2 * MONTH_SECONDS + DAY_SECONDS,
      end: NOW_SECONDS - MONTH_SECONDS + DAY_SECONDS,
    };
    stripe.goOn().pay();
    await settle(stripe);
    expect(await had()).toMatchObject({ grants: [{ unit: 'credits', amount: '300' }] });
    stripe.items = [item];
    stripe.goOn().pay();
    await settle(stripe);
    const { rows } = await api.database.ownerPool.query(
      `SELECT next -> 'terms' -> 'grants' -> 0 ->> 'amount' AS amount FROM subscriptions WHERE subscription = $1`,
      [sub],
    );
    expect(rows).toEqual([{ amount: '100000000' }]);
  });

  test('a trial gives what the plan has for it, and its first paid period the rest', async () => {
    const stripe = atStripe([{ id: `si_${count}`, price: 'price_tried' }]);
    stripe.status = 'trialing';
    stripe.trialEnd = stripe.period.end;
    stripe.pay();
    await settle(stripe);
    expect(await had()).toMatchObject({ status: 'trialing' });
    expect(await credits()).toMatchObject({ granted: '50' });
  });

  describe('past due', () => {
    const frozen = async (): Promise<boolean> => (await api.get(pathOf(account))).body.frozen;
    const freeze = () => api.post(`${pathOf(account)}/freeze`, { reason: 'fraud' });
    const unfreeze = () => api.post(`${pathOf(account)}/unfreeze`, { reason: 'looked into it' });
    const pastDue = (policy: string): AtStripe => {
      const stripe = atStripe();
      stripe.period = { start: NOW_SECONDS - MONTH_SECONDS - DAY_SECONDS, end: NOW_SECONDS - DAY_SECONDS };
      stripe.metadata = { credits_past_due: policy };
      return stripe.pay();
    };
    const failed = async (stripe: AtStripe): Promise<void> => {
      await settle(stripe);
      stripe.goOn();
      stripe.status = 'past_due';
      for (const at of [0, 1, 0]) await settle(stripe, at);
    };
    const recovered = async (stripe: AtStripe): Promise<void> => {
      stripe.status = 'active';
      stripe.pay();
      for (const at of [1, 0]) await settle(stripe, at);
    };

    test('blocks the account where it is to, until it is paid', async () => {
      const stripe = pastDue('block');
      await failed(stripe);
      expect(await frozen()).toBe(true);
      expect(await credits()).toMatchObject({ available: '100' });
      await recovered(stripe);
      expect(await frozen()).toBe(false);
      expect(await credits()).toMatchObject({ granted: '200' });
    });

    test('does not block what is over', async () => {
      const stripe = pastDue('block');
      await failed(stripe);
      stripe.status = 'canceled';
      await settle(stripe);
      expect(await frozen()).toBe(false);
    });

    test.each(['before it', 'while it is blocked'])('never lifts what somebody has frozen %s', async when => {
      const stripe = pastDue('block');
      if (when === 'before it') await freeze();
      await failed(stripe);
      if (when === 'while it is blocked') await freeze();
      await recovered(stripe);
      expect(await frozen()).toBe(true);
      await unfreeze();
      expect(await frozen()).toBe(false);
    });

    test('leaves what somebody has lifted as it is until another invoice is not paid, and what he froze since', async () => {
      const stripe = pastDue('block');
      await failed(stripe);
      await unfreeze();
      for (const at of [0, 1]) await settle(stripe, at);
      expect(await frozen()).toBe(false);
      await freeze();
      await recovered(stripe);
      expect(await frozen()).toBe(true);
      await unfreeze();
      await failed(stripe);
      expect(await frozen()).toBe(true);
      await recovered(stripe);
      expect(await frozen()).toBe(false);
    });

    test('is blocked by who comes after one that died before he did it, and let go by who comes after another', async () => {
      const stripe = pastDue('block');
      await settle(stripe);
      const put = (blocks: boolean) =>
        api.database.ownerPool.query(`UPDATE stripe_subscriptions SET blocks = $2 WHERE subscription = $1`, [
          sub,
          blocks,
        ]);
      await put(true);
      await failed(stripe);
      expect(await frozen()).toBe(true);
      await recovered(stripe);
      await put(true);
      await settle(stripe);
      expect(await frozen()).toBe(false);
    });

    test('blocks as long as any subscription of the account does', async () => {
      const stripe = pastDue('block');
      const other = new AtStripe(`${sub}_other`, account, [{ id: `si_${count}_other`, price: 'price_pro' }]);
      other.period = { ...stripe.period };
      other.metadata = stripe.metadata;
      other.pay();
      await failed(stripe);
      await failed(other);
      await recovered(stripe);
      expect(await frozen()).toBe(true);
      await recovered(other);
      expect(await frozen()).toBe(false);
    });

    test('lets go by two at once', async () => {
      const all = [0, 1].map(i => {
        const stripe = new AtStripe(`${sub}_${i}`, account, [{ id: `si_${count}_${i}`, price: 'price_pro' }]);
        return Object.assign(stripe, {
          period: pastDue('block').period,
          metadata: { credits_past_due: 'block' },
        }).pay();
      });
      for (const stripe of all) await failed(stripe);
      await Promise.all(all.map(recovered));
      expect(await frozen()).toBe(false);
    });

    test('ends what the plan gave where only what was bought is to be kept, and begins it anew once it is paid', async () => {
      const stripe = pastDue('keep_bought');
      await api.post(`${pathOf(account)}/grants`, { amount: '7', category: 'paid' });
      await failed(stripe);
      expect(await credits()).toMatchObject({ available: '7' });
      await recovered(stripe);
      expect(await had()).toMatchObject({ status: 'active', period_start_at: iso(stripe.period.start) });
      expect(await credits()).toMatchObject({ available: '107', granted: '207' });
    });

    test('is as the grace of its plan says where nothing else is said', async () => {
      const stripe = pastDue('whatever');
      await failed(stripe);
      expect(await frozen()).toBe(false);
      expect(await credits()).toMatchObject({ available: '100' });
    });
  });

  test('a trial is had once by an account, whoever it was begun by', async () => {
    const stripe = atStripe([{ id: `si_${count}`, price: 'price_tried' }]);
    stripe.status = 'trialing';
    stripe.trialEnd = stripe.period.end;
    stripe.pay();
    for (const at of [0, 1]) await settle(stripe, at);
    const another = new AtStripe(`${sub}_again`, account, [{ id: `si_${count}_again`, price: 'price_tried' }]);
    another.status = 'trialing';
    another.trialEnd = another.period.end;
    another.pay();
    await settle(another);
    expect(await replica(another).preview(LIVE, another.id)).toBe(`${another.id}: nothing left to do`);
    expect(await credits()).toMatchObject({ granted: '50' });
    const asked = { plan: 'tried', trial: true };
    const answer = await api.put(`${pathOf(account)}/subscriptions/by_hand`, asked);
    expect([answer.status, answer.body.code]).toEqual([409, 'trial_used']);
    // It ends sooner than it was meant to.
    another.status = 'active';
    another.trialEnd = NOW_SECONDS;
    another.period = { start: NOW_SECONDS, end: NOW_SECONDS + MONTH_SECONDS };
    another.pay();
    await settle(another);
    expect(await credits()).toMatchObject({ granted: '550' });
  });

  test('a trial that the caller has begun is not begun again by Stripe', async () => {
    const answer = await api.put(`${pathOf(account)}/subscriptions/by_hand`, { plan: 'tried', trial: true });
    expect(answer.status).toBe(200);
    const stripe = atStripe([{ id: `si_${count}`, price: 'price_tried' }]);
    stripe.status = 'trialing';
    stripe.trialEnd = stripe.period.end;
    stripe.pay();
    await settle(stripe);
    expect(await credits()).toMatchObject({ granted: '50' });
  });

  test('belongs to the account it was first seen with; one that nobody names is none of ours', async () => {
    const stripe = atStripe().pay();
    await settle(stripe);
    const stolen = new AtStripe(sub, 'somebody_else', stripe.items).goOn();
    await settle(stolen);
    expect((await api.get(pathOf('somebody_else'))).body.seq).toBe(0);
    expect(await settle(new AtStripe(`${sub}_nobody`, undefined, stripe.items))).toBeUndefined();
  });

  test('whoever died over it leaves it to another after a while', async () => {
    const stripe = atStripe().pay();
    await settle(stripe);
    const { ownerPool } = api.database;
    const taken = `UPDATE stripe_subscriptions SET taken_by = gen_random_uuid(), taken_until = clock_timestamp() + $2::interval
      WHERE subscription = $1`;
    await ownerPool.query(taken, [sub, '1 minute']);
    await expect(settle(stripe)).rejects.toThrow(/is being settled elsewhere/);
    await ownerPool.query(taken, [sub, '-1 second']);
    expect(await settle(stripe)).toBe(`${sub}: nothing left to do`);
  });

  test('a dry run tells what would change, and changes nothing', async () => {
    const stripe = atStripe().pay();
    await settle(stripe);
    stripe.cancelAtPeriodEnd = true;
    stripe.lines.push(...new AtStripe(sub, account, stripe.items).goOn().pay().lines);
    expect(await replica(stripe).preview(LIVE, sub)).toBe(
      `${sub}: begin basic from ${iso(stripe.period.end)}, ${sub}: cancel_at_end`,
    );
    expect(await had()).toMatchObject({ cancel_at_period_end: false });
  });
});

/** A line as the pinned version of the API has it. */
function lineOf(
  subscription: string,
  item: string,
  price: string,
  quantity: number,
  period: { start: number; end: number },
  proration: boolean,
): Line {
  const details = { invoice_item: null, proration, proration_details: null, subscription, subscription_item: item };
  return {
    parent: { type: 'subscription_item_details', invoice_item_details: null, subscription_item_details: details },
    pricing: { type: 'price_details', price_details: { price, product: 'prod_1' }, unit_amount_decimal: null },
    period: { ...period },
    quantity,
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
