import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededRandom, type SeededRandom } from '../../tools/client/seeded-random.js';
import { eventually } from '../support/data-dir.js';
import type { Json } from '../contract/api.js';
import { Shop } from './shop.js';
import { Customer, DEEDS, PACK, PLANS, type CustomerTerms } from './year/customer.js';
import { CREDIT, monthAfter } from './year/expected-account.js';

/** `STRIPE_YEAR_SEED=fresh` for seeds of their own; so many years, one after the other. */
const YEARS = Number(process.env['STRIPE_YEARS'] ?? 1);
const SEED = process.env['STRIPE_YEAR_SEED'] ?? '11';
const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Half a year of winter, a leap day, and both ends of daylight saving, also where it is not kept. */
const BEGIN = Date.UTC(2027, 9, 31, 9) / 1_000;
const END = Date.UTC(2028, 10, 3, 12) / 1_000;
const WITHIN_MS = 60 * 60_000;

/** Who joins when: on days that not every month has. */
const JOINING: readonly (CustomerTerms & { readonly at: number })[] = [
  { at: BEGIN, account: 'last_day', plan: 'basic', quantity: 1, isTrial: false },
  { at: BEGIN, account: 'trying', plan: 'pro', quantity: 1, isTrial: true },
  { at: Date.UTC(2027, 10, 29, 9) / 1_000, account: 'day_29', plan: 'pro', quantity: 2, isTrial: false },
  { at: Date.UTC(2027, 11, 30, 9) / 1_000, account: 'day_30', plan: 'basic', quantity: 3, isTrial: false },
  { at: Date.UTC(2028, 0, 31, 9) / 1_000, account: 'january', plan: 'pro', quantity: 1, isTrial: false },
  { at: Date.UTC(2028, 1, 29, 9) / 1_000, account: 'leap_day', plan: 'basic', quantity: 1, isTrial: false },
];

const seeds = Array.from({ length: YEARS }, (_, year) => (SEED === 'fresh' ? randomInt(2 ** 31) : Number(SEED) + year));

describe.each(seeds)('a year of subscriptions, by seed %i', seed => {
  let year: Year;

  beforeAll(async () => {
    year = await Year.open(seed);
  }, WITHIN_MS);
  afterAll(() => year?.shop.close());

  test(
    'gives once what each period was paid for, carries by the rule, leaves what was bought alone, and sums to the cent',
    async () => {
      await year.run();
      for (const customer of year.customers) await year.expectPeriods(customer);
      await year.expectMoney();
      const deeds = year.customers.flatMap(customer => [...customer.deeds]);
      console.log(
        `seed ${seed}: ${DEEDS.map(deed => `${deeds.filter(each => each === deed).length} × ${deed}`).join(', ')}`,
      );
      expect(deeds).toEqual(expect.arrayContaining(['spend', 'refund', 'plan', 'quantity', 'bad card']));
    },
    WITHIN_MS,
  );
});

/** Stripe's test clock and the ledger's, which go together, and those who live by both. */
class Year {
  readonly customers: Customer[] = [];
  private readonly prices = new Map<string, string>();
  private now = BEGIN;
  private clock = '';
  private ledgerClock = '';

  private constructor(
    readonly shop: Shop,
    private readonly random: SeededRandom,
    private readonly seed: number,
  ) {}

  static async open(seed: number): Promise<Year> {
    const shop = await Shop.open('postgres', ['all'], { livemode: false, seed });
    const year = new Year(shop, seededRandom(seed), seed);
    await year.prepare();
    return year;
  }

  private async prepare(): Promise<void> {
    const { shop } = this;
    await shop.goToTestMode();
    const product = await shop.stripe.products.create({ name: 'Plan' });
    const unit = { kind: 'allowance', scale: 0 };
    await this.done('PUT', '/units/renders', unit);
    for (const [id, { gives, cents, grace }] of Object.entries(PLANS)) {
      const recurring = { interval: 'month' } as const;
      const price = await shop.stripe.prices.create({
        product: product.id,
        currency: 'usd',
        unit_amount: cents,
        recurring,
      });
      this.prices.set(id, price.id);
      const rollover = { carry: 'cap', percent: 50, amount: '60', periods: 1 };
      const window = { every: 'day', anchor: 'calendar', time_zone: 'America/New_York' };
      await this.done('PUT', `/plans/${id}`, {
        name: id,
        publish: true,
        prices: [{ amount: (cents / 100).toFixed(2), currency: 'usd', stripe_price: price.id }],
        grants: [{ unit: 'credits', amount: String(gives / CREDIT), rollover }],
        limits: [{ unit: 'renders', amount: '3', window }],
        renewal_grace_seconds: grace / 1_000,
        trial: { days: 14, grants: [{ unit: 'credits', amount: '7' }] },
      });
    }
    const price = { amount: (PACK.cents / 100).toFixed(2), currency: 'usd' };
    await this.done('PUT', '/packs/pack', { name: 'Pack', amount: String(PACK.amount / CREDIT), price });
    this.clock = (await shop.stripe.testHelpers.testClocks.create({ frozen_time: BEGIN })).id;
    this.ledgerClock = (await this.done('POST', '/test-clocks', { now_at: at(BEGIN) })).id;
    shop.simulator.deliveries.hold();
  }

  async run(): Promise<void> {
    const joining = [...JOINING];
    while (this.now < END) {
      while (joining[0]?.at === this.now) await this.join(joining.shift()!);
      await this.deliver();
      await this.check();
      for (const customer of this.customers) {
        await customer.act(this.random, this.now);
        if (await this.deliver()) await customer.catchUp(this.now);
      }
      await this.check();
      await this.goOn(Math.min(this.nextStop(), joining[0]?.at ?? Infinity));
    }
  }

  /** A day or two on, at an hour at which no period ends and no draft of an invoice waits. */
  private nextStop(): number {
    const { random } = this;
    const day = Math.floor(this.now / DAY) + random.integer(1, 2);
    return day * DAY + random.integer(12, 20) * HOUR + random.integer(0, 3_599);
  }

  private async goOn(to: number): Promise<void> {
    const ledger = () => this.done('POST', `/test-clocks/${this.ledgerClock}/advance`, { to_at: at(to) });
    const stripe = async () => {
      await this.shop.stripe.testHelpers.testClocks.advance(this.clock, { frozen_time: to });
      await this.deliver();
    };
    const isLedgerFirst = this.random.chance(0.5);
    // What begins anew after its end may begin at most a day ahead: Stripe would tell of it until the ledger's clock is there.
    const mayBegin = this.customers.some(customer => customer.mayBeginAnew);
    const both = isLedgerFirst || mayBegin ? [ledger, stripe] : [stripe, ledger];
    for (const go of both) await go();
    this.now = to;
    for (const customer of this.customers) await customer.catchUp(to);
  }

  private async join(terms: CustomerTerms): Promise<void> {
    await this.done('PUT', `/accounts/${terms.account}`, { test_clock: this.ledgerClock });
    const customer = await Customer.join(this.shop, this.clock, this.prices, terms, this.now);
    this.customers.push(customer);
    await this.deliver();
    await customer.catchUp(this.now);
  }

  /** @returns whether there was anything to tell */
  private async deliver(): Promise<boolean> {
    const { simulator } = this.shop;
    if (simulator.deliveries.heldCount === 0) return false;
    const seed = this.random.integer(0, 2 ** 31 - 1);
    await simulator.deliveries.release({ copies: [1, 3], isShuffled: true, concurrency: 8, seed });
    await this.shop.quiet();
    return true;
  }

  private async check(): Promise<void> {
    for (const { account, expected } of this.customers) {
      const has = await this.shop.credits(account);
      const { available, granted, spent, revoked, debt } = expected;
      expect({ seed: this.seed, now: at(this.now), account, ...has }).toMatchObject({
        available: shown(available),
        granted: shown(granted),
        spent: shown(spent),
        revoked: shown(revoked),
        debt: shown(debt),
      });
    }
  }

  /** Each period that was paid for was begun once, at the days of the calendar that it should have. */
  async expectPeriods({ account, subscription, starts, anchor }: Customer): Promise<void> {
    const months = Array.from({ length: 14 }, (_, n) => monthAfter(anchor, n));
    expect(months).toEqual(expect.arrayContaining(starts));
    expect(new Set(starts).size).toBe(starts.length);
    const { rows } = await this.shop.database.ownerPool.query<{ start: string }>(
      `SELECT details -> 'subscription' -> 'period' ->> 1 AS start FROM entries JOIN account_names USING (account_no)
       WHERE id = $1 AND type = 'subscribe' AND details -> 'subscription' ->> 'id' = $2
         AND details -> 'subscription' -> 'period' IS NOT NULL ORDER BY seq`,
      [account, subscription],
    );
    const begun = rows.map(({ start }) => Number(start) / 1_000).filter(start => months.includes(start));
    expect(begun).toEqual(starts);
  }

  /** All money that Stripe took is in the books of finance, but for what waits for its credits, and all that went back. */
  async expectMoney(): Promise<void> {
    const { stripe } = this.shop;
    for (const customer of this.customers) await customer.speak();
    await this.deliver();
    const waiting = this.customers.reduce((sum, customer) => sum + customer.waiting, 0);
    const paid = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const refunds = await stripe.refunds.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const cents = {
      paid: paid.reduce((sum, intent) => sum + intent.amount_received, -waiting),
      revoked: refunds.reduce((sum, { amount }) => sum + amount, 0),
    };
    let books = { paid: 0, revoked: 0 };
    const areWritten = async () => {
      books = await this.books();
      return books.paid === cents.paid && books.revoked === cents.revoked;
    };
    await eventually(areWritten).catch(() => expect({ seed: this.seed, ...books }).toMatchObject(cents));
  }

  private async books(): Promise<{ paid: number; revoked: number }> {
    const { body } = await this.shop.call('GET', '/finance/months?from=2020-01&to=2028-12&limit=100');
    const sum = (column: string): number =>
      (body.data as Json[]).reduce((all, row) => all + Math.round(Number(row[column]) * 100), 0);
    return { paid: sum('paid'), revoked: sum('revoked') };
  }

  private async done(method: string, path: string, body: object): Promise<Json> {
    const answer = await this.shop.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

function at(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

/** Base units as the API writes them. */
function shown(amount: bigint): string {
  const digits = amount.toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
}
