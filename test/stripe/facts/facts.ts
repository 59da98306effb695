import type { SeededRandom } from '../../../tools/client/seeded-random.js';
import type { Shop } from '../shop.js';

const CREDIT = 1_000_000n;
const ODD = { name: 'Odd', amount: '333', price: { amount: '7', currency: 'usd' }, bonus: { amount: '17' } };
const FREE_CODE = 'FREE';
const PLANS = { small: 100n, large: 1_000n } as const;

/** What was paid, and what each of its lots grants, in base units. */
interface Paid {
  readonly account: string;
  readonly paid: number;
  readonly grants: readonly bigint[];
}

/** Currencies count in main units, hundredths and thousandths of them. */
const SOLD_BY_OTHERS = [
  { currency: 'jpy', paid: 1_501 },
  { currency: 'eur', paid: 999 },
  { currency: 'kwd', paid: 5_250 },
] as const;

/**
 * Business facts at random: payments through top-ups and by others, subscriptions, refunds and disputes of what there is.
 * It remembers what was agreed on; what became of the money it asks Stripe, and counts in a way of its own.
 */
export class Facts {
  happened = 0;
  private readonly paid = new Map<string, Paid>();
  /** What each subscription's paid period grants. */
  private readonly subscribed: { readonly account: string; readonly grants: bigint }[] = [];
  private readonly alive: string[] = [];

  private constructor(
    private readonly shop: Shop,
    private readonly random: SeededRandom,
    private readonly accounts: number,
    private readonly prices: Readonly<Record<keyof typeof PLANS, string>>,
  ) {}

  static async of(shop: Shop, random: SeededRandom, accounts: number): Promise<Facts> {
    const { stripe } = shop;
    await shop.call('PUT', '/packs/odd', ODD);
    await shop.call('PUT', '/packs/free', { ...ODD, promotion_codes: true });
    const coupon = await stripe.coupons.create({ percent_off: 100, duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: FREE_CODE });
    const product = (await stripe.products.create({ name: 'Plan' })).id;
    const priceOf = async (plan: keyof typeof PLANS): Promise<string> => {
      const recurring = { interval: 'month' } as const;
      const price = await stripe.prices.create({ product, currency: 'usd', unit_amount: 1_000, recurring });
      const prices = [{ amount: '10', currency: 'usd', stripe_price: price.id }];
      const grants = [{ unit: 'credits', amount: PLANS[plan].toString() }];
      await shop.call('PUT', `/plans/${plan}`, { name: plan, prices, grants, publish: true });
      return price.id;
    };
    const prices = { small: await priceOf('small'), large: await priceOf('large') };
    return new Facts(shop, random, accounts, prices);
  }

  /** Until so many more have happened: what Stripe does not allow is none. */
  async happen(count: number, each: () => void = () => {}): Promise<void> {
    const until = this.happened + count;
    while (this.happened < until) {
      if (!(await this.next())) continue;
      this.happened++;
      each();
    }
  }

  /** By account: what is granted and what is revoked, in base units. */
  async expected(): Promise<Record<string, readonly [granted: bigint, revoked: bigint]>> {
    const sums: Record<string, [bigint, bigint]> = {};
    for (const { account, grants } of this.subscribed) (sums[account] ??= [0n, 0n])[0] += grants;
    for (const [payment, { account, paid, grants }] of this.paid) {
      const share = BigInt(Math.min(paid, await this.returned(payment)));
      const sum = (sums[account] ??= [0n, 0n]);
      for (const granted of grants) {
        sum[0] += granted;
        if (paid > 0) sum[1] += (granted * share) / BigInt(paid);
      }
    }
    return sums;
  }

  private async returned(payment: string): Promise<number> {
    if (!payment.startsWith('pi_')) return 0;
    const { stripe } = this.shop;
    const { data: refunds } = await stripe.refunds.list({ payment_intent: payment, limit: 100 });
    const { data: disputes } = await stripe.disputes.list({ payment_intent: payment, limit: 100 });
    let returned = 0;
    for (const { status, amount } of refunds) if (!['failed', 'canceled'].includes(status ?? '')) returned += amount;
    for (const { status, amount } of disputes) {
      if (status !== 'won' && !status.startsWith('warning_')) returned += amount;
    }
    return returned;
  }

  /** @returns false where it was not to be */
  private async next(): Promise<boolean> {
    const { random } = this;
    const what = random.integer(0, 19);
    if (what < 6) return this.topUp('pm_card_visa');
    if (what < 8) return this.topUp('pm_card_pendingRefund');
    if (what < 9) return this.freeTopUp();
    if (what < 11) return this.soldByOthers();
    if (what < 13) return this.subscribe();
    if (what < 14) return this.cancel();
    const payments = [...this.paid.keys()].filter(id => id.startsWith('pi_'));
    if (payments.length === 0) return false;
    const payment = random.pick(payments);
    return what < 18 ? this.refund(payment) : this.dispute(payment);
  }

  private account(): string {
    return `facts_${this.random.integer(1, this.accounts)}`;
  }

  private async topUp(method: string): Promise<boolean> {
    const account = this.account();
    const payment = await this.shop.buy(account, { pack: 'odd' }, method);
    this.paid.set(payment, { account, paid: 700, grants: [333n * CREDIT, 17n * CREDIT] });
    return true;
  }

  private async freeTopUp(): Promise<boolean> {
    const account = this.account();
    const session = await this.shop.buy(account, { pack: 'free' }, 'pm_card_visa', FREE_CODE);
    this.paid.set(session, { account, paid: 0, grants: [333n * CREDIT, 17n * CREDIT] });
    return true;
  }

  /** A payment intent that somebody's own code makes. */
  private async soldByOthers(): Promise<boolean> {
    const account = this.account();
    const { currency, paid } = this.random.pick(SOLD_BY_OTHERS);
    const metadata = { credits_account: account, credits_amount: '12.345678' };
    const id = await this.shop.paidByOthers(metadata, paid, currency);
    this.paid.set(id, { account, paid, grants: [12_345_678n] });
    return true;
  }

  private async subscribe(): Promise<boolean> {
    const { shop, random, prices } = this;
    const account = this.account();
    const isDeclined = random.chance(0.1);
    const customer = (await shop.stripe.customers.create({ metadata: { credits_account: account } })).id;
    const card = isDeclined ? 'pm_card_chargeCustomerFail' : 'pm_card_visa';
    const method = await shop.stripe.paymentMethods.attach(card, { customer });
    const quantity = random.integer(1, 3);
    const small = { price: prices.small, quantity };
    const isFamily = random.chance(0.3);
    const { id } = await shop.stripe.subscriptions.create({
      customer,
      default_payment_method: method.id,
      items: isFamily ? [small, { price: prices.large }] : [small],
      payment_behavior: 'default_incomplete',
    });
    const { status } = await shop.stripe.subscriptions.retrieve(id);
    if (status !== 'active') return true;
    this.alive.push(id);
    const grants = PLANS.small * BigInt(quantity) + (isFamily ? PLANS.large : 0n);
    this.subscribed.push({ account, grants: grants * CREDIT });
    return true;
  }

  /** What it paid for stays granted; whatever of it is left ends. */
  private async cancel(): Promise<boolean> {
    if (this.alive.length === 0) return false;
    const [id] = this.alive.splice(this.random.integer(0, this.alive.length - 1), 1);
    await this.shop.stripe.subscriptions.cancel(id!);
    return true;
  }

  private async refund(payment: string): Promise<boolean> {
    const { shop, random } = this;
    const amount = random.integer(1, Math.ceil(this.paid.get(payment)!.paid / 2));
    // Some have been returned already.
    const made = await shop.stripe.refunds.create({ payment_intent: payment, amount }).catch(() => undefined);
    if (made?.status === 'pending' && random.chance(0.5)) shop.simulator.cases.endRefund(made.id, 'failed');
    return made !== undefined;
  }

  private async dispute(payment: string): Promise<boolean> {
    const { random } = this;
    const { cases } = this.shop.simulator;
    const amount = random.integer(1, this.paid.get(payment)!.paid);
    const [isInquiry, isClosed, isWon] = [random.chance(0.2), random.chance(0.6), random.chance(0.5)];
    try {
      const { id } = cases.dispute(payment, { amount, isInquiry });
      if (isClosed) cases.closeDispute(id, isWon);
      return true;
    } catch {
      // One that was disputed already cannot be disputed again.
      return false;
    }
  }
}
