import { randomUUID } from 'node:crypto';
import type { Mode } from '../../ledger/submission.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import type { StripePlace } from '../payments/read-payments.js';
import type { PaidPeriod } from './paid-period.js';

/** Longer than all requests to Stripe and commands to the ledger that one look leads to may take. */
const TAKEN_FOR_MS = 90_000;

const FIND = `SELECT account, mode FROM stripe_subscriptions WHERE subscription = $1`;
const BIND = `
INSERT INTO stripe_subscriptions (subscription, mode, stripe_account, account) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT stripe_subscriptions_once DO NOTHING`;
const TAKE = `
UPDATE stripe_subscriptions SET taken_by = $2, taken_until = clock_timestamp() + $3 * interval '1 millisecond'
WHERE subscription = $1 AND (taken_until IS NULL OR taken_until <= clock_timestamp())
RETURNING subscription`;
const LET_GO = `
UPDATE stripe_subscriptions SET taken_by = NULL, taken_until = NULL WHERE subscription = $1 AND taken_by = $2`;
/** The subscription's own id where no other item has it yet. */
const NAME_ITEM = `
INSERT INTO stripe_subscription_items (item, subscription, ledger_id)
SELECT $1, $2, CASE WHEN EXISTS (SELECT FROM stripe_subscription_items WHERE ledger_id = $2) THEN $1 ELSE $2 END
ON CONFLICT ON CONSTRAINT stripe_subscription_items_once DO NOTHING`;
const ITEMS = `
SELECT item, ledger_id AS "ledgerId" FROM stripe_subscription_items WHERE subscription = $1 ORDER BY item`;
const CUSTOMER = `SELECT account FROM stripe_customers WHERE customer = $1 AND mode = $2`;
const PLANS = `SELECT stripe_price AS price, plan FROM plan_stripe_prices WHERE stripe_price = ANY ($1)`;

/** The first to mean a period says what it gives; one of the same plan before it says what each gives. */
const MEAN_PERIOD = `
INSERT INTO stripe_periods (item, starts_at, ends_at, plan, quantity, each_gives)
SELECT $1, $2, $3, $4, $5, coalesce(
  (SELECT CASE WHEN p.plan = $4 THEN p.each_gives END FROM stripe_periods p
   WHERE p.item = $1 AND p.starts_at < $2 ORDER BY p.starts_at DESC LIMIT 1), $6)
ON CONFLICT ON CONSTRAINT stripe_periods_once DO NOTHING`;
const PERIOD = `
SELECT quantity, each_gives AS "eachGives",
  EXISTS (SELECT FROM stripe_periods o WHERE o.item = p.item AND greatest(o.quantity, o.quantity_now) > 1) AS "isMultiple"
FROM stripe_periods p WHERE item = $1 AND starts_at = $2`;
const HAD = `
SELECT plan, coalesce(quantity_now, quantity) AS quantity, each_gives AS "eachGives"
FROM stripe_periods WHERE item = $1 AND starts_at = $2`;
const BLOCKS = `SELECT blocks FROM stripe_subscriptions WHERE subscription = $1`;
const BLOCK = `UPDATE stripe_subscriptions SET blocks = $2 WHERE subscription = $1`;
const GROWN = `UPDATE stripe_periods SET quantity_now = $3 WHERE item = $1 AND starts_at = $2`;

/** What one of its plan gave, and how many of it there are. */
export interface StripePeriod {
  readonly plan: string;
  readonly quantity: number;
  /** By unit. */
  readonly eachGives: ReadonlyMap<string, bigint>;
}

/** Whose subscriptions of Stripe's are, and what the ledger calls their items. */
export class StoredSubscriptions {
  constructor(private readonly database: Queryable) {}

  async accountOf(subscription: string): Promise<{ account: string; mode: Mode } | undefined> {
    return (await this.database.query<{ account: string; mode: Mode }>({ text: FIND, values: [subscription] })).rows[0];
  }

  /** Gives it its account for ever; whose it is already, it stays. */
  async bind(subscription: string, { mode, stripeAccount }: StripePlace, account: string): Promise<void> {
    await this.database.query({ text: BIND, values: [subscription, mode, stripeAccount, account] });
  }

  async accountOfCustomer(customer: string, mode: Mode): Promise<string | undefined> {
    return (await this.database.query<{ account: string }>({ text: CUSTOMER, values: [customer, mode] })).rows[0]
      ?.account;
  }

  /** @returns by whom it is taken, or undefined where somebody else has it */
  async take(subscription: string): Promise<string | undefined> {
    const by = randomUUID();
    const taken = await this.database.query({ text: TAKE, values: [subscription, by, TAKEN_FOR_MS] });
    return taken.rows.length === 1 ? by : undefined;
  }

  async letGo(subscription: string, by: string): Promise<void> {
    await this.database.query({ text: LET_GO, values: [subscription, by] });
  }

  /** Of each item that was ever paid for a plan with, what the ledger calls it. */
  async items(subscription: string): Promise<Map<string, string>> {
    const { rows } = await this.database.query<{ item: string; ledgerId: string }>({
      text: ITEMS,
      values: [subscription],
    });
    return new Map(rows.map(({ item, ledgerId }) => [item, ledgerId]));
  }

  /** Only by who has taken the subscription. */
  async nameItem(item: string, subscription: string): Promise<void> {
    await this.database.query({ text: NAME_ITEM, values: [item, subscription] });
  }

  /** Plans by the price that buys them. */
  async plans(prices: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.database.query<{ price: string; plan: string }>({ text: PLANS, values: [prices] });
    return new Map(rows.map(({ price, plan }) => [price, plan]));
  }

  /**
   * What a period gives, by unit: what it was meant to give when it was first looked at.
   * @param eachGives what one of the plan gives now
   * @returns null where it gives what the plan does
   */
  async meanPeriod(
    { item, start, end, quantity }: PaidPeriod,
    plan: string,
    eachGives: ReadonlyMap<string, bigint>,
  ): Promise<Map<string, bigint> | null> {
    const written = JSON.stringify(
      Object.fromEntries([...eachGives].map(([unit, amount]) => [unit, amount.toString()])),
    );
    const values = [item, new Date(start), new Date(end), plan, quantity, written];
    await this.database.query({ text: MEAN_PERIOD, values });
    const found = await this.database.query<{
      quantity: number;
      eachGives: Record<string, string>;
      isMultiple: boolean;
    }>({ text: PERIOD, values: [item, new Date(start)] });
    const period = found.rows[0]!;
    if (!period.isMultiple) return null;
    const gives = Object.entries(period.eachGives).map(([unit, amount]): [string, bigint] => {
      return [unit, BigInt(amount) * BigInt(period.quantity)];
    });
    return new Map(gives);
  }
  /** What a period was paid for, with what changed about its quantity since; undefined where somebody else began it. */
  async period(item: string, start: number): Promise<StripePeriod | undefined> {
    const { rows } = await this.database.query<Omit<StripePeriod, 'eachGives'> & { eachGives: Record<string, string> }>(
      {
        text: HAD,
        values: [item, new Date(start)],
      },
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const each = Object.entries(row.eachGives).map(([unit, amount]): [string, bigint] => [unit, BigInt(amount)]);
    return { ...row, eachGives: new Map(each) };
  }

  /** Whether it has frozen its account, or was about to. */
  async blocks(subscription: string): Promise<boolean> {
    const { rows } = await this.database.query<{ blocks: boolean }>({ text: BLOCKS, values: [subscription] });
    return rows[0]!.blocks;
  }

  async block(subscription: string, blocks: boolean): Promise<void> {
    await this.database.query({ text: BLOCK, values: [subscription, blocks] });
  }

  async hasQuantity(item: string, start: number, quantity: number): Promise<void> {
    await this.database.query({ text: GROWN, values: [item, new Date(start), quantity] });
  }
}
