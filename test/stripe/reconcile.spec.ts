import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DIFFERENCE_KINDS, type Difference } from '../../src/stripe/reconcile/difference.js';
import type { Reconcile } from '../../src/stripe/reconcile/reconcile.js';
import type { Engine } from '../support/engine.js';
import { LIVE, openReconcile } from './reconciling.js';
import { Shop } from './shop.js';

const run = promisify(execFile);
const PACK = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' }, promotion_codes: true };
const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;

describe('a reconciliation', () => {
  let shop: Shop;
  let engine: Engine;
  let reconcile: Reconcile;
  const seen = new Set<string>();

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    await shop.call('PUT', '/packs/starter', PACK);
    ({ reconcile, engine } = await openReconcile(shop));
  });

  afterAll(async () => {
    await engine?.writePath.drain();
    await shop?.close();
  });

  const sql = (text: string, values: unknown[]) => shop.database.ownerPool.query(text, values);
  const span = () => ({ from: Date.now() - HOUR_MS, to: Date.now() + HOUR_MS });
  const differences = async (): Promise<Difference[]> => {
    const found: Difference[] = [];
    for await (const difference of reconcile.differences(LIVE, span())) found.push(difference);
    for (const { kind } of found) seen.add(kind);
    return found;
  };

  const bought = async (account: string, method?: string): Promise<string> => {
    const payment = await shop.buy(account, { pack: 'starter' }, method);
    await shop.has(account, { granted: '100' });
    await shop.quiet();
    return payment;
  };
  const repaired = async (expected: Difference['kind'], object: string): Promise<void> => {
    const found = await differences();
    expect(found).toMatchObject([{ kind: expected, object, isRepairable: true }]);
    await reconcile.repair(LIVE, found[0]!);
    expect(await differences()).toEqual([]);
  };

  test('finds nothing where Stripe and the ledger agree', async () => {
    await bought('agreeing');
    const payment = await bought('returned');
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 400 });
    await shop.has('returned', { revoked: '40' });
    expect(await differences()).toEqual([]);
  });

  test('finds a payment that nobody heard of, and one that cost nothing, and grants them', async () => {
    const payment = await shop.unheard(() => shop.buy('unheard', { pack: 'starter' }));
    await repaired('missing_grant', payment);
    expect(await shop.credits('unheard')).toMatchObject({ granted: '100' });
    const coupon = await shop.stripe.coupons.create({ percent_off: 100, duration: 'once' });
    await shop.stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'FREE' });
    const session = await shop.unheard(() => shop.buy('unheard', { pack: 'starter' }, 'pm_card_visa', 'FREE'));
    await repaired('missing_grant', session);
    expect(await shop.credits('unheard')).toMatchObject({ granted: '200' });
  });

  test('finds a refund that was not revoked, and one that came back', async () => {
    const payment = await bought('refunded', 'pm_card_pendingRefund');
    const refund = await shop.unheard(() => shop.stripe.refunds.create({ payment_intent: payment, amount: 500 }));
    await repaired('refund_not_revoked', payment);
    expect(await shop.credits('refunded')).toMatchObject({ revoked: '50' });
    await shop.unheard(async () => shop.simulator.cases.endRefund(refund.id, 'failed'));
    await repaired('revoked_too_much', payment);
    expect(await shop.credits('refunded')).toMatchObject({ revoked: '0' });
  });

  test('finishes what was begun', async () => {
    const payment = await bought('begun');
    await sql('UPDATE stripe_steps SET seq = NULL, booked = NULL, booked_at = NULL WHERE payment = $1', [payment]);
    await repaired('unfinished', payment);
    expect(await shop.credits('begun')).toMatchObject({ granted: '100' });
  });

  test('tells of what only people can decide, and leaves it alone', async () => {
    const doubled = await bought('doubled');
    const grant = { amount: '100', metadata: { stripe_payment: doubled } };
    await shop.call('POST', '/accounts/doubled/grants', grant);
    const wrong = await bought('wrong');
    await sql('UPDATE stripe_payments SET paid = 999 WHERE payment = $1', [wrong]);
    const drifted = await bought('drifted');
    await sql('UPDATE stripe_steps SET seq = 77 WHERE payment = $1', [drifted]);
    const unknown = await bought('unknown');
    await sql('ALTER TABLE stripe_steps DROP CONSTRAINT stripe_steps_payment', []);
    await sql(`UPDATE stripe_payments SET payment = 'pi_unknown' WHERE payment = $1`, [unknown]);
    await sql(`UPDATE stripe_steps SET payment = 'pi_unknown' WHERE payment = $1`, [unknown]);
    const unclear = await shop.unheard(() => shop.paidByOthers({ credits_account: '..', credits_amount: '5' }));
    const found = new Map((await differences()).map(difference => [difference.object, difference]));
    expect(found.get(doubled)).toMatchObject({ kind: 'doubled', account: 'doubled', isRepairable: false });
    expect(found.get(wrong)).toMatchObject({ kind: 'wrong_amount', isRepairable: false });
    expect(found.get(drifted)).toMatchObject({ kind: 'drift', isRepairable: false });
    expect(found.get('pi_unknown')).toMatchObject({ kind: 'unknown_payment', isRepairable: false });
    expect(found.get(unknown)).toMatchObject({ kind: 'missing_grant' });
    expect(found.get(unclear)).toMatchObject({ kind: 'unclear', account: null, isRepairable: false });
    await sql('TRUNCATE stripe_steps, stripe_payments CASCADE', []);
  });

  test('finds what a meter does not have of what was reported to it, and what could not be reported', async () => {
    await bought('metered');
    const { rows } = await shop.database.ownerPool.query<{ customer: string }>(
      `SELECT customer FROM stripe_customers WHERE account = 'metered'`,
    );
    const { customer } = rows[0]!;
    const usedAt = Math.floor(Date.now() / 1_000) - 120;
    const report = (seq: number, state: string) =>
      sql(
        `INSERT INTO meter_reports (account_no, seq, place, mode, subscription, meter, unit, quantity, used_at, state,
           next_attempt_at, customer, settled_at)
         SELECT account_no, $1, 0, 'live', 'own', 'overage', 'credits', 5, to_timestamp($2), $3, NULL, $4, now()
         FROM account_names WHERE id = 'metered'`,
        [seq, usedAt, state, customer],
      );
    const usage = async () => (await differences()).filter(({ kind }) => kind === 'usage_differs');
    await report(1, 'reported');
    expect(await usage()).toMatchObject([{ object: customer, account: 'metered', isRepairable: false }]);
    const sum = { formula: 'sum' } as const;
    await shop.stripe.billing.meters.create({
      display_name: 'Overage',
      event_name: 'overage',
      default_aggregation: sum,
    });
    expect((await usage())[0]!.words).toBe('5 were reported, the meter overage has 0');
    const payload = { stripe_customer_id: customer, value: '5' };
    await shop.stripe.billing.meterEvents.create({ event_name: 'overage', timestamp: usedAt, payload });
    expect(await usage()).toEqual([]);
    await report(2, 'unsure');
    expect(await usage()).toMatchObject([{ object: 'overage', account: 'metered' }]);
    await sql('TRUNCATE meter_reports', []);
    await sql(`TRUNCATE stripe_steps, stripe_payments CASCADE`, []);
  });

  test('finds a period that was paid for, a change, and a refund of its invoice, that nobody heard of', async () => {
    const product = await shop.stripe.products.create({ name: 'Plan' });
    const recurring = { interval: 'month' } as const;
    const terms = { product: product.id, currency: 'usd', unit_amount: 1_000, recurring } as const;
    const price = await shop.stripe.prices.create(terms);
    const prices = [{ amount: '10', currency: 'usd', stripe_price: price.id }];
    const plan = { name: 'Basic', prices, grants: [{ unit: 'credits', amount: '7' }], publish: true };
    await shop.call('PUT', '/plans/basic', plan);
    const { id } = await shop.unheard(async () => {
      const customer = await shop.stripe.customers.create({ metadata: { credits_account: 'planned' } });
      const method = await shop.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
      const items = [{ price: price.id }];
      return shop.stripe.subscriptions.create({ customer: customer.id, default_payment_method: method.id, items });
    });
    const mine = async () => (await differences()).filter(({ object }) => object === id);
    const [missing] = await mine();
    expect(missing).toMatchObject({ kind: 'missing_period', account: 'planned', isRepairable: true });
    await reconcile.repair(LIVE, missing!);
    expect(await shop.credits('planned')).toMatchObject({ granted: '7' });
    await shop.unheard(() => shop.stripe.subscriptions.update(id, { cancel_at_period_end: true }));
    const [changed] = await mine();
    expect(changed).toMatchObject({ kind: 'other_subscription' });
    await reconcile.repair(LIVE, changed!);
    expect(await mine()).toEqual([]);
    const { data } = await shop.stripe.invoices.list({ subscription: id });
    const payments = await shop.stripe.invoicePayments.list({ invoice: data[0]!.id });
    const intent = String(payments.data[0]!.payment.payment_intent);
    await shop.unheard(() => shop.stripe.refunds.create({ payment_intent: intent, amount: 500 }));
    const ofInvoice = async () => (await differences()).filter(({ object }) => object === data[0]!.id);
    const [back] = await ofInvoice();
    expect(back).toMatchObject({ kind: 'refund_not_revoked', account: 'planned', isRepairable: true });
    await reconcile.repair(LIVE, back!);
    expect(await shop.credits('planned')).toMatchObject({ granted: '7', revoked: '3.5' });
    expect(await ofInvoice()).toEqual([]);
  });

  test('found every type of difference in this file', () => {
    expect([...seen].sort()).toEqual([...DIFFERENCE_KINDS].sort());
  });

  test('from the command line tells what it would repair, repairs it, and is on record', async () => {
    const payment = await shop.unheard(() => shop.buy('by_command', { pack: 'starter' }));
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: shop.database.url,
      STRIPE_SECRET_KEY: shop.simulator.secretKey,
      STRIPE_API_BASE: shop.simulator.url,
    };
    const ops = (...more: string[]) => {
      const script = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
      const from = new Date(Date.now() - HOUR_MS).toISOString();
      return run(process.execPath, [script, 'reconcile', '--from', from, ...more], { env });
    };
    const told = await ops().catch((error: { code: number; stdout: string }) => error);
    expect(told).toMatchObject({ code: 1 });
    expect(told.stdout).toContain(`MISSING_GRANT ${payment} of by_command`);
    expect(await shop.credits('by_command')).toMatchObject({ granted: '0' });
    await ops('--apply', '--reason', 'ticket 311').catch(() => {});
    expect(await shop.credits('by_command')).toMatchObject({ granted: '100' });
    const { rows } = await sql(`SELECT reason FROM ops_runs WHERE action = 'reconcile' AND reason IS NOT NULL`, []);
    expect(rows).toEqual([{ reason: 'ticket 311' }]);
  });

  test('finds a payment that was begun long before, and came only now', async () => {
    const { id } = await shop.stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: 'pm_usBankAccount_success',
      confirm: true,
      return_url: 'https://example.com',
      metadata: { credits_account: 'waited_for', credits_amount: '5' },
    });
    shop.simulator.world.moveBy(10 * DAY_SECONDS);
    await shop.unheard(async () => shop.simulator.cases.settlePayment(id, true));
    const nowMs = shop.simulator.world.now() * 1_000;
    const late = { from: nowMs - HOUR_MS, to: nowMs + HOUR_MS };
    const found: Difference[] = [];
    for await (const difference of reconcile.differences(LIVE, late))
      if (difference.object === id) found.push(difference);
    expect(found).toMatchObject([{ kind: 'missing_grant' }]);
    await reconcile.repair(LIVE, found[0]!);
    expect(await shop.credits('waited_for')).toMatchObject({ granted: '5' });
  });
});
