import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PlanCatalogue } from '../../src/plans/plan-catalogue.js';
import { DIFFERENCE_KINDS, type Difference } from '../../src/stripe/reconcile/difference.js';
import { reconcileWith, type Reconcile } from '../../src/stripe/reconcile/reconcile.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
import { Packs } from '../../src/stripe/top-ups/packs.js';
import { TopUps } from '../../src/stripe/top-ups/top-ups.js';
import { openEngine, type Engine } from '../support/engine.js';
import { Shop } from './shop.js';

const run = promisify(execFile);
const LIVE = { mode: 'live', stripeAccount: null } as const;
const PACK = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' }, promotion_codes: true };
const HOUR_MS = 3_600_000;

describe('a reconciliation', () => {
  let shop: Shop;
  let engine: Engine;
  let reconcile: Reconcile;
  const seen = new Set<string>();

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    await shop.call('PUT', '/packs/starter', PACK);
    engine = await openEngine(shop.database);
    const pool = shop.database.appPool;
    const { writePath, ids, units } = engine;
    const clients = new StripeClients({
      secretKeys: [shop.simulator.secretKey],
      webhookSecrets: [],
      apiBase: shop.simulator.url,
    });
    const topUps = new TopUps({ pool, clients, packs: new Packs(pool), units });
    const catalogue = new PlanCatalogue(pool, units);
    reconcile = reconcileWith({ pool, clients, writePath, ids, units, topUps, catalogue });
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
  /** Nobody hears of what happens meanwhile. */
  const unheard = async <T>(happens: () => Promise<T>): Promise<T> => {
    shop.simulator.deliveries.hold();
    const happened = await happens();
    shop.simulator.deliveries.dropHeld();
    shop.simulator.deliveries.resume();
    return happened;
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
    const payment = await unheard(() => shop.buy('unheard', { pack: 'starter' }));
    await repaired('missing_grant', payment);
    expect(await shop.credits('unheard')).toMatchObject({ granted: '100' });
    const coupon = await shop.stripe.coupons.create({ percent_off: 100, duration: 'once' });
    await shop.stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'FREE' });
    const session = await unheard(() => shop.buy('unheard', { pack: 'starter' }, 'pm_card_visa', 'FREE'));
    await repaired('missing_grant', session);
    expect(await shop.credits('unheard')).toMatchObject({ granted: '200' });
  });

  test('finds a refund that was not revoked, and one that came back', async () => {
    const payment = await bought('refunded', 'pm_card_pendingRefund');
    const refund = await unheard(() => shop.stripe.refunds.create({ payment_intent: payment, amount: 500 }));
    await repaired('refund_not_revoked', payment);
    expect(await shop.credits('refunded')).toMatchObject({ revoked: '50' });
    await unheard(async () => shop.simulator.cases.endRefund(refund.id, 'failed'));
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
    const found = new Map((await differences()).map(difference => [difference.object, difference]));
    expect(found.get(doubled)).toMatchObject({ kind: 'doubled', account: 'doubled', isRepairable: false });
    expect(found.get(wrong)).toMatchObject({ kind: 'wrong_amount', isRepairable: false });
    expect(found.get(drifted)).toMatchObject({ kind: 'drift', isRepairable: false });
    expect(found.get('pi_unknown')).toMatchObject({ kind: 'unknown_payment', isRepairable: false });
    expect(found.get(unknown)).toMatchObject({ kind: 'missing_grant' });
    await sql('TRUNCATE stripe_steps, stripe_payments CASCADE', []);
  });

  test('finds a period that was paid for, and a change, that nobody heard of', async () => {
    const product = await shop.stripe.products.create({ name: 'Plan' });
    const recurring = { interval: 'month' } as const;
    const terms = { product: product.id, currency: 'usd', unit_amount: 1_000, recurring } as const;
    const price = await shop.stripe.prices.create(terms);
    const prices = [{ amount: '10', currency: 'usd', stripe_price: price.id }];
    const plan = { name: 'Basic', prices, grants: [{ unit: 'credits', amount: '7' }], publish: true };
    await shop.call('PUT', '/plans/basic', plan);
    const { id } = await unheard(async () => {
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
    await unheard(() => shop.stripe.subscriptions.update(id, { cancel_at_period_end: true }));
    const [changed] = await mine();
    expect(changed).toMatchObject({ kind: 'other_subscription' });
    await reconcile.repair(LIVE, changed!);
    expect(await mine()).toEqual([]);
  });

  test('found every type of difference in this file', () => {
    expect([...seen].sort()).toEqual([...DIFFERENCE_KINDS].sort());
  });

  test('from the command line tells what it would repair, repairs it, and is on record', async () => {
    const payment = await unheard(() => shop.buy('by_command', { pack: 'starter' }));
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
});
