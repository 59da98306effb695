import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { WritePath } from '../../src/ledger/write-path.js';
import type { AutoTopUpPolicy } from '../../src/stripe/auto-top-ups/policy.js';
import { StoredPolicies } from '../../src/stripe/auto-top-ups/stored-policies.js';
import type { TopUpAutomatically } from '../../src/stripe/auto-top-ups/top-up-automatically.js';
import { newAttemptId, type NewAttempt } from '../../src/stripe/auto-top-ups/attempt.js';
import { Charges } from '../../src/stripe/auto-top-ups/charges.js';
import { topUpAutomaticallyWith } from '../../src/stripe/auto-top-ups/top-up-automatically-with.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
import { Offers } from '../../src/stripe/top-ups/offers.js';
import { Packs } from '../../src/stripe/top-ups/packs.js';
import { TopUps } from '../../src/stripe/top-ups/top-ups.js';
import { StripeSimulator } from '../../tools/stripe-sim/simulator.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { faultsAmong, openEngine, type Engine } from '../support/engine.js';
import { Teller } from '../support/teller.js';
import { runOf } from '../webhooks/told-ledger.js';

const COMMON = { active: true, unit: 'credits', priority: 50, expiresAfterSeconds: null, connect: null };
const POLICY: AutoTopUpPolicy = {
  enabled: true,
  unit: 'credits',
  threshold: '10',
  measure: 'unspent',
  purchase: { kind: 'pack', pack: 'starter' },
  monthlyLimit: { amount: '1000', currency: 'usd', count: 100 },
  cooldownSeconds: 0,
  returnUrl: 'https://example.com/billing',
};

/** Two workers at one account at once, which a lease that is over allows: stopped wherever it could hurt. */
describe('two that look at an account at once', () => {
  let database: TestDatabase;
  let simulator: StripeSimulator;
  let engine: Engine;
  let policies: StoredPolicies;
  let stripe: Stripe;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([createTestDatabase(), StripeSimulator.start({ livemode: true })]);
    engine = await openEngine(database);
    policies = new StoredPolicies(database.appPool);
    const { hostname, port } = new URL(simulator.url);
    stripe = new Stripe(simulator.secretKey, { host: hostname, port, protocol: 'http' });
    await new Packs(database.appPool).put('starter', {
      ...COMMON,
      kind: 'fixed',
      name: 'Starter',
      amount: '100',
      price: { amount: '10', currency: 'usd' },
      stripePrice: null,
      bonus: null,
      automaticTax: false,
      promotionCodes: false,
    });
  });

  afterAll(async () => {
    await engine.writePath.drain();
    await simulator.stop();
    await database.close();
  });

  const worker = (writePath: WritePath = engine.writePath): TopUpAutomatically => {
    const { units, ids } = engine;
    const pool = database.appPool;
    const settings = { secretKeys: [simulator.secretKey], webhookSecrets: [], apiBase: simulator.url };
    const clients = new StripeClients(settings);
    const offers = new Offers(new Packs(pool), units);
    const topUps = new TopUps({ pool, clients, offers });
    const log = { warn: (text: string) => void engine.warnings.push(text) };
    const settled = { inc: () => {} };
    return topUpAutomaticallyWith({ pool, writePath, ids, units, clients, offers, topUps, settled, log });
  };

  const low = async (account: string): Promise<string> => {
    await new Teller(engine).grant(account, 5);
    const { id: customer } = await stripe.customers.create({});
    await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await database.ownerPool.query(`INSERT INTO stripe_customers (mode, account, customer) VALUES ('live', $1, $2)`, [
      account,
      customer,
    ]);
    await policies.put({ mode: 'live', account }, POLICY);
    return customer;
  };
  const payments = async (customer: string) => (await stripe.paymentIntents.list({ customer })).data.length;
  // One by one: two that update all of them in no order are a deadlock.
  const dueAgain = async () => {
    const { rows } = await database.ownerPool.query('SELECT account FROM auto_top_ups');
    for (const { account } of rows) {
      await database.ownerPool.query(`UPDATE auto_top_ups SET look_at = now() WHERE account = $1`, [account]);
    }
  };

  test('buy once, where one has read the balance before the other bought and goes on afterwards', async () => {
    const customer = await low('overtaken');
    let goOn = (): void => {};
    const held = new Promise<void>(resolve => (goOn = resolve));
    let reached = (): void => {};
    const hasRead = new Promise<void>(resolve => (reached = resolve));
    const slow: WritePath = Object.create(engine.writePath);
    slow.read = async (target, look) => {
      const seen = await engine.writePath.read(target, look);
      reached();
      await held;
      return seen;
    };
    const first = worker(slow).run(runOf());
    await hasRead;
    await dueAgain();
    await worker().run(runOf());
    expect(await payments(customer)).toBe(1);
    goOn();
    await first;
    expect(await payments(customer)).toBe(1);
  });

  test('buy once, many times over, at any pace', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, (_, index) => low(`raced_${index}`)));
    const workers = [worker(), worker(), worker(), worker()];
    for (let round = 0; round < 5; round++) {
      await dueAgain();
      await Promise.all(
        workers.map(async each => {
          await dueAgain();
          await each.run(runOf());
        }),
      );
    }
    expect(await Promise.all(customers.map(payments))).toEqual(customers.map(() => 1));
    expect(faultsAmong(engine.warnings)).toEqual([]);
  });

  test('buy nothing by a policy that was put off since it was looked at', async () => {
    const customer = await low('put-off');
    const slow: WritePath = Object.create(engine.writePath);
    slow.read = async (target, look) => {
      const seen = await engine.writePath.read(target, look);
      await policies.put({ mode: 'live', account: 'put-off' }, { ...POLICY, enabled: false });
      return seen;
    };
    await worker(slow).run(runOf());
    expect(await payments(customer)).toBe(0);
  });

  test('are one payment, where a request that nobody has seen yet is sent again', async () => {
    const customer = await low('sent-again');
    const { data } = await stripe.paymentMethods.list({ customer, type: 'card' });
    const settings = { secretKeys: [simulator.secretKey], webhookSecrets: [], apiBase: simulator.url };
    const charges = new Charges(new StripeClients(settings));
    const attempt: NewAttempt = {
      id: newAttemptId(),
      mode: 'live',
      account: 'sent-again',
      no: 1,
      pack: 'starter',
      sale: { account: 'sent-again', lots: [] },
      price: {
        name: 'Starter',
        amount: '1000',
        currency: 'usd',
        stripePrice: null,
        connect: null,
        automaticTax: false,
        promotionCodes: false,
      },
      customer,
      card: data[0]!.id,
      returnUrl: 'https://example.com/billing',
    };
    const first = await charges.ask(attempt);
    expect(first).toMatchObject({ kind: 'paid' });
    expect(await charges.ask(attempt)).toEqual(first);
    expect(await payments(customer)).toBe(1);
  });
});
