import type { Stripe } from 'stripe';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import type { Shop } from './shop.js';

export const STARTER = { name: '1,000 credits', amount: '1000', price: { amount: '10', currency: 'usd' } };
export const ANY = {
  name: 'Credits',
  open: { currency: 'usd', credits_per_unit: '100', least: '5', most: '500' },
};
export const RETURN_URL = 'https://example.com/billing';
export const POLICY = {
  threshold: '100',
  pack: 'starter',
  monthly_limit: { amount: '1000' },
  cooldown_seconds: 1,
  return_url: RETURN_URL,
};

/** Accounts of a shop that buy by themselves. */
export class Automatic {
  constructor(readonly shop: Shop) {}

  /** Buys the starter pack by hand and has its card saved, so that the account has 1,000 credits. */
  async customer(account: string, method = 'pm_card_visa'): Promise<string> {
    await this.shop.buy(account, { pack: 'starter', save_card: true }, method);
    await this.shop.has(account, { available: '1000' });
    return this.customerOf(account);
  }

  async customerOf(account: string): Promise<string> {
    const { rows } = await this.shop.database.ownerPool.query<{ customer: string }>(
      'SELECT customer FROM stripe_customers WHERE account = $1',
      [account],
    );
    return rows[0]!.customer;
  }

  /** Gives the customer another standard card. */
  async standardCard(account: string, method: string): Promise<string> {
    const customer = await this.customerOf(account);
    const { id } = await this.shop.stripe.paymentMethods.attach(method, { customer });
    await this.shop.stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    return id;
  }

  put(account: string, more: object = {}) {
    return this.shop.call('PUT', `/accounts/${account}/auto-top-up`, { ...POLICY, ...more });
  }

  async get(account: string): Promise<Json> {
    return (await this.shop.call('GET', `/accounts/${account}/auto-top-up`)).body;
  }

  async spend(account: string, amount: string): Promise<void> {
    const { status, body } = await this.shop.call('POST', `/accounts/${account}/charges`, { amount });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  /** Once the policy answers that. */
  async becomes(account: string, expected: Readonly<Record<string, unknown>>, withinMs?: number): Promise<Json> {
    let last: Json;
    const isSo = async () => {
      last = await this.get(account);
      return Object.entries(expected).every(([name, value]) => last[name] === value);
    };
    await eventually(isSo, withinMs).catch((cause: unknown) => {
      throw new Error(`${JSON.stringify(last)} does not become ${JSON.stringify(expected)}`, { cause });
    });
    return last;
  }

  /** Once the latest attempt of that number ended so. */
  async attempted(account: string, no: number, state: string): Promise<void> {
    let last: Json[] = [];
    const isSo = async () => {
      last = await this.attempts(account);
      return last.length >= no && last[no - 1].state === state;
    };
    await eventually(isSo).catch((cause: unknown) => {
      throw new Error(`${account}: ${JSON.stringify(last)}, and not ${state}`, { cause });
    });
  }

  async attempts(account: string): Promise<Json[]> {
    const { rows } = await this.shop.database.ownerPool.query<Json>(
      'SELECT * FROM auto_top_up_attempts WHERE account = $1 ORDER BY no',
      [account],
    );
    return rows;
  }

  /** As if all that is waited for had come. */
  async letTimePass(account: string): Promise<void> {
    await this.shop.database.ownerPool.query(
      `UPDATE auto_top_ups SET look_at = now() WHERE account = $1 AND look_at IS NOT NULL`,
      [account],
    );
  }

  /** Once all that it spent was followed, and nobody looks at it: a lease ends sooner than whatever is waited for here. */
  async rests(account: string): Promise<void> {
    let looks: Json;
    await eventually(async () => {
      const { rows } = await this.shop.database.ownerPool.query<Json>(
        `SELECT look_at IS NULL OR look_at > now() + interval '190 s' AS rests, looks,
           (SELECT max(position) FROM entries) <= (SELECT position FROM projection_checkpoints
             WHERE projection = 'auto-top-ups') AS followed FROM auto_top_ups WHERE account = $1`,
        [account],
      );
      const isSame = looks === rows[0].looks;
      looks = rows[0].looks;
      return isSame && rows[0].rests && rows[0].followed;
    });
  }

  /** Payments that were made by themselves. */
  async payments(account: string, status: Stripe.PaymentIntent.Status = 'succeeded'): Promise<Stripe.PaymentIntent[]> {
    const customer = await this.customerOf(account);
    const all = await this.shop.stripe.paymentIntents.list({ customer, limit: 100 });
    return all.data.filter(
      intent => intent.metadata['credits_top_up']?.startsWith('atu_') === true && intent.status === status,
    );
  }
}
