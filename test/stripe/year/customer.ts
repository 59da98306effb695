import type { Stripe } from 'stripe';
import type { SeededRandom } from '../../../tools/client/seeded-random.js';
import type { Shop } from '../shop.js';
import { CREDIT, ExpectedAccount, monthAfter, type ExpectedPlan, type Paid } from './expected-account.js';

export const PLANS: Readonly<Record<string, ExpectedPlan & { readonly cents: number }>> = {
  basic: { gives: 101n * CREDIT, grace: 475_200_000, cents: 999 },
  pro: { gives: 1_003n * CREDIT, grace: 475_200_000, cents: 2_900 },
};
export const PACK = { amount: 25n * CREDIT, cents: 700 };
const TRIAL = { gives: 7n * CREDIT, days: 14 };

export const DEEDS = [
  'spend',
  'buy',
  'refund',
  'bad card',
  'good card',
  'pause',
  'cancel at end',
  'cancel now',
  'plan',
  'quantity',
] as const;
type Deed = (typeof DEEDS)[number];

export interface CustomerTerms {
  readonly account: string;
  readonly plan: string;
  readonly quantity: number;
  readonly isTrial: boolean;
}

interface Payment extends Paid {
  readonly intent: string;
  back: bigint;
}

/** Somebody who subscribed at Stripe, what he does, and what his account should have. */
export class Customer {
  readonly expected = new ExpectedAccount();
  /** Starts of periods that were paid for, in seconds. */
  readonly starts: number[] = [];
  readonly deeds: Deed[] = [];
  private plan: string;
  private quantity: number;
  private given: number;
  readonly anchor: number;
  private isCardGood = true;
  private isPaused = false;
  private isOver = false;
  private readonly seen = new Set<string>();
  private readonly paid: Payment[] = [];
  /** What was paid and is the price of nothing yet: it will be that of what is given next. */
  private loose: Paid[] = [];
  /** Of what was paid, what was the price of nothing when the subscription was over: no credits were had for it. */
  private readonly kept: Paid[] = [];

  private constructor(
    private readonly shop: Shop,
    readonly account: string,
    readonly subscription: string,
    private readonly item: string,
    private readonly cards: Readonly<Record<'good' | 'bad', string>>,
    private readonly prices: ReadonlyMap<string, string>,
    terms: CustomerTerms,
    now: number,
  ) {
    this.plan = terms.plan;
    this.quantity = terms.quantity;
    this.given = terms.quantity;
    this.anchor = terms.isTrial ? now + TRIAL.days * 86_400 : now;
    if (terms.isTrial) this.expected.begin(now * 1_000, this.anchor * 1_000, PLANS[this.plan]!, TRIAL.gives, [], true);
  }

  static async join(
    shop: Shop,
    clock: string,
    prices: ReadonlyMap<string, string>,
    terms: CustomerTerms,
    now: number,
  ): Promise<Customer> {
    const customer = await shop.stripe.customers.create({
      test_clock: clock,
      metadata: { credits_account: terms.account },
    });
    const attach = async (card: string) =>
      (await shop.stripe.paymentMethods.attach(card, { customer: customer.id })).id;
    const cards = { good: await attach('pm_card_visa'), bad: await attach('pm_card_chargeCustomerFail') };
    const { id, items } = await shop.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: cards.good,
      items: [{ price: prices.get(terms.plan)!, quantity: terms.quantity }],
      ...(terms.isTrial && { trial_period_days: TRIAL.days }),
    });
    return new Customer(shop, terms.account, id, items.data[0]!.id, cards, prices, terms, now);
  }

  /** Spends, and does one thing at Stripe, or nothing. `now` is the time of both clocks, in seconds. */
  async act(random: SeededRandom, now: number): Promise<void> {
    const { expected } = this;
    if (expected.included >= 2n * CREDIT && random.chance(0.6)) await this.spend(random);
    const deed = random.integer(0, 99);
    if (deed < 4) return this.buy();
    if (deed < 12) return this.refund(random);
    if (this.isOver) return;
    if (!this.isCardGood) return deed < 30 ? this.useCard('good') : undefined;
    if (deed < 15) return this.useCard('bad');
    if (deed < 18) return this.pause();
    const { status } = await this.shop.stripe.subscriptions.retrieve(this.subscription);
    if (status !== 'active' || !this.isCurrent(now)) return;
    if (deed < 22) return this.cancelAtEnd(random.chance(0.4));
    if (deed === 22 && now - this.anchor > 200 * 86_400) return this.cancelNow();
    if (deed < 32) return this.changePlan(random, now);
    if (deed < 42) return this.changeQuantity(random, now);
  }

  /** Takes up what was paid and what ended since. `now` is the time of both clocks, in seconds. */
  async catchUp(now: number): Promise<void> {
    const { expected, shop } = this;
    const invoices = await shop.stripe.invoices
      .list({ subscription: this.subscription, status: 'paid', limit: 100 })
      .autoPagingToArray({ limit: 1_000 });
    const subscription = await shop.stripe.subscriptions.retrieve(this.subscription);
    const wasRunning = expected.isRunning;
    expected.passes(now * 1_000, end => this.boundaryAfter(end));
    if (wasRunning && !expected.isRunning) this.kept.push(...this.takeLoose());
    for (const invoice of invoices.toReversed()) {
      if (this.seen.has(invoice.id)) continue;
      await this.note(invoice);
      for (const line of invoice.lines.data) this.begin(line, invoice);
    }
    if (subscription.status === 'canceled' && !this.isOver) {
      this.isOver = true;
      if (expected.isRunning) expected.end(this.boundaryAfter(expected.periodEnd!));
      this.kept.push(...this.takeLoose());
    }
  }

  /** It is over in the ledger and goes on at Stripe. */
  get mayBeginAnew(): boolean {
    return !this.isOver && !this.expected.isRunning;
  }

  /** What was paid and waits to be the price of what is given next, in cents. */
  get waiting(): number {
    return this.loose.reduce((sum, { amount }) => sum + Number(amount), 0);
  }

  /** Something to tell of the subscription. */
  async speak(): Promise<void> {
    if (!this.isOver) await this.update({ metadata: { told: 'again' } });
  }

  private begin(line: Stripe.InvoiceLineItem, invoice: Stripe.Invoice): void {
    const details = line.parent?.subscription_item_details;
    const isFree = invoice.total === 0 && line.amount === 0;
    if (!details || details.proration || isFree) return;
    const { start, end } = line.period;
    const price = String(line.pricing?.price_details?.price);
    const terms = PLANS[[...this.prices].find(([, id]) => id === price)![0]]!;
    this.starts.push(start);
    this.given = line.quantity ?? 1;
    this.expected.begin(start * 1_000, end * 1_000, terms, terms.gives * BigInt(this.given), this.takeLoose());
  }

  private async note({ id, amount_paid: amount }: Stripe.Invoice): Promise<void> {
    if (this.seen.has(id)) return;
    this.seen.add(id);
    if (amount === 0) return;
    const { data } = await this.shop.stripe.invoicePayments.list({ invoice: id });
    const payment = { invoice: id, amount: BigInt(amount) };
    this.loose.push(payment);
    this.paid.push({ ...payment, intent: String(data[0]!.payment.payment_intent), back: 0n });
  }

  private takeLoose(): readonly Paid[] {
    const taken = this.loose;
    this.loose = [];
    return taken;
  }

  private async spend(random: SeededRandom): Promise<void> {
    this.deeds.push('spend');
    const most = Number(this.expected.included / (2n * CREDIT));
    const amount = BigInt(random.integer(1, most)) * CREDIT;
    const { status, body } = await this.shop.call('POST', `/accounts/${this.account}/charges`, {
      amount: Number(amount / CREDIT),
    });
    if (status !== 201) throw new Error(`${this.account} cannot spend ${amount}: ${JSON.stringify(body)}`);
    this.expected.spend(amount);
  }

  private async buy(): Promise<void> {
    this.deeds.push('buy');
    await this.shop.buy(this.account, { pack: 'pack' });
    this.expected.buy(PACK.amount);
  }

  private async refund(random: SeededRandom): Promise<void> {
    const boughtNothing = ({ invoice }: Paid) => [...this.loose, ...this.kept].some(each => each.invoice === invoice);
    const open = this.paid.filter(payment => payment.back < payment.amount && !boughtNothing(payment));
    if (open.length === 0) return;
    this.deeds.push('refund');
    const payment = random.pick(open);
    const left = Number(payment.amount - payment.back);
    const amount = random.chance(0.3) ? left : random.integer(1, left);
    await this.shop.stripe.refunds.create({ payment_intent: payment.intent, amount });
    payment.back += BigInt(amount);
    this.expected.moneyBack(payment.invoice, payment.back, payment.amount);
  }

  private async useCard(card: 'good' | 'bad'): Promise<void> {
    this.deeds.push(`${card} card`);
    this.isCardGood = card === 'good';
    await this.update({ default_payment_method: this.cards[card] });
  }

  private async pause(): Promise<void> {
    this.deeds.push('pause');
    this.isPaused = !this.isPaused;
    await this.update({ pause_collection: this.isPaused ? { behavior: 'void' } : '' });
  }

  private async cancelAtEnd(cancels: boolean): Promise<void> {
    this.deeds.push('cancel at end');
    await this.update({ cancel_at_period_end: cancels });
  }

  private async cancelNow(): Promise<void> {
    this.deeds.push('cancel now');
    await this.shop.stripe.subscriptions.cancel(this.subscription);
  }

  private async changePlan(random: SeededRandom, now: number): Promise<void> {
    this.deeds.push('plan');
    this.plan = this.plan === 'basic' ? 'pro' : 'basic';
    await this.bill(random, { price: this.prices.get(this.plan)! });
    const plan = PLANS[this.plan]!;
    this.given = this.quantity;
    this.expected.change(now * 1_000, plan, plan.gives * BigInt(this.quantity), this.takeLoose());
  }

  private async changeQuantity(random: SeededRandom, now: number): Promise<void> {
    this.deeds.push('quantity');
    this.quantity = random.integer(1, 4);
    await this.bill(random, { quantity: this.quantity });
    if (this.quantity <= this.given) return;
    const more = PLANS[this.plan]!.gives * BigInt(this.quantity - this.given);
    this.expected.grow(now * 1_000, more, this.takeLoose());
    this.given = this.quantity;
  }

  /** What is billed by itself is paid at once; the rest with the next period, or not at all. */
  private async bill(random: SeededRandom, change: Stripe.SubscriptionUpdateParams.Item): Promise<void> {
    const proration_behavior = random.pick(['always_invoice', 'create_prorations', 'none'] as const);
    const items = [{ id: this.item, quantity: this.quantity, ...change }];
    const { latest_invoice } = await this.update({ items, proration_behavior });
    const invoice = await this.shop.stripe.invoices.retrieve(String(latest_invoice));
    if (invoice.status === 'paid') await this.note(invoice);
  }

  private update(change: Stripe.SubscriptionUpdateParams): Promise<Stripe.Subscription> {
    return this.shop.stripe.subscriptions.update(this.subscription, change);
  }

  /** Whether the period that runs by the calendar is the one that was paid for. */
  private isCurrent(now: number): boolean {
    const { periodStart, periodEnd } = this.expected;
    return periodStart !== undefined && this.starts.includes(periodStart / 1_000) && periodEnd! > now * 1_000;
  }

  /** Both in milliseconds. */
  private boundaryAfter(end: number): number {
    for (let n = 0; ; n++) {
      const boundary = monthAfter(this.anchor, n) * 1_000;
      if (boundary > end) return boundary;
    }
  }
}
