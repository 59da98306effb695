import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../contract/api.js';
import { onBothQueues } from '../support/both-queues.js';
import { eventually } from '../support/data-dir.js';
import { Shop } from './shop.js';

const STARTER = {
  name: '1,000 credits',
  amount: '1000',
  price: { amount: '10', currency: 'usd' },
  bonus: { amount: '50', expires_after_seconds: 86_400 },
  promotion_codes: true,
};
/** A bank account whose payments take days. */
const BANK_ACCOUNT = 'pm_usBankAccount_success';

describe('credits for money', () => {
  onBothQueues(store => {
    let shop: Shop;

    beforeAll(async () => {
      shop = await Shop.open(store);
      const open = { currency: 'usd', credits_per_unit: '100', least: '5', most: '500' };
      for (const [id, pack] of Object.entries({ starter: STARTER, any: { name: 'Credits', open } })) {
        expect((await shop.call('PUT', `/packs/${id}`, pack)).status).toBe(200);
      }
    });

    afterAll(() => shop?.close());

    const entries = async (account: string): Promise<Json[]> =>
      (await shop.call('GET', `/accounts/${account}/entries`)).body.data;
    const lots = async (account: string): Promise<Json[]> =>
      (await shop.call('GET', `/accounts/${account}/lots`)).body.data;

    test('a pack that is paid is granted once, with its price and its bonus, by siblings and duplicates', async () => {
      shop.simulator.deliveries.plan = { ...shop.simulator.deliveries.plan, copies: [3, 6], delayMs: [0, 30] };
      const payment = await shop.buy('buyer', { pack: 'starter' });
      await shop.has('buyer', { available: '1050', granted: '1050' });
      await shop.quiet();
      expect((await entries('buyer')).map(({ type, reason }: Json) => [type, reason])).toEqual([
        ['grant', 'top-up bonus'],
        ['grant', 'top-up'],
      ]);
      const [first] = await entries('buyer');
      expect(first.metadata).toEqual({ stripe_payment: payment });
      expect(await lots('buyer')).toMatchObject([
        { category: 'promotional', priority: 40, granted: '50', expires_at: expect.any(String) },
        {
          category: 'paid',
          priority: 50,
          granted: '1000',
          cost: { amount: '10.00', currency: 'USD' },
          expires_at: null,
        },
      ]);
      expect(await shop.credits('buyer')).toMatchObject({ granted: '1050' });
    });

    test('a page that nobody paid at grants nothing, also where it declines, and says how far it is', async () => {
      const { body } = await shop.beginTopUp('looker', { pack: 'starter' });
      const state = async () => (await shop.call('GET', `/accounts/looker/top-ups/${body.id}`)).body;
      expect(await state()).toMatchObject({ status: 'open', price: { amount: '10.00', currency: 'usd' } });
      const session = await shop.sessionOf(body.id);
      shop.simulator.checkout.pay(session, 'pm_card_visa_chargeDeclined');
      shop.simulator.checkout.expire(session);
      await shop.quiet();
      expect((await state()).status).toBe('expired');
      expect(await shop.credits('looker')).toMatchObject({ granted: '0' });
      expect((await shop.call('GET', `/accounts/buyer/top-ups/${body.id}`)).body.code).toBe('top_up_not_found');
    });

    test('a slow payment grants when its money has come, and not where it does not come', async () => {
      for (const [account, isPaid] of [
        ['patient', true],
        ['unlucky', false],
      ] as const) {
        const { body } = await shop.beginTopUp(account, { pack: 'starter' });
        const session = await shop.sessionOf(body.id);
        shop.simulator.checkout.pay(session, BANK_ACCOUNT);
        await shop.quiet();
        const state = async () => (await shop.call('GET', `/accounts/${account}/top-ups/${body.id}`)).body.status;
        expect(await state()).toBe('processing');
        expect(await shop.credits(account)).toMatchObject({ granted: '0' });
        const { payment_intent: intent } = await shop.stripe.checkout.sessions.retrieve(session);
        shop.simulator.cases.settlePayment(String(intent), isPaid);
        await shop.quiet();
        expect(await shop.credits(account)).toMatchObject({ granted: isPaid ? '1050' : '0' });
        expect(await state()).toBe(isPaid ? 'paid' : 'failed');
      }
    });

    test('the same key and request get the same page, however many at once; another request is refused', async () => {
      const many = Array.from({ length: 16 }, () => shop.beginTopUp('hasty', { pack: 'starter' }, 'order-1'));
      const answers = await Promise.all(many);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
      expect(new Set(answers.map(({ body }) => body.url)).size).toBe(1);
      const again = await shop.beginTopUp('hasty', { pack: 'starter' }, 'order-1');
      expect([again.body.url, again.headers.get('idempotency-replayed')]).toEqual([answers[0]!.body.url, 'true']);
      const other = await shop.beginTopUp('hasty', { amount: '7', currency: 'usd' }, 'order-1');
      expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    });

    test('an account is one customer, however many top-ups are begun at once', async () => {
      await Promise.all(Array.from({ length: 8 }, () => shop.beginTopUp('one_customer', { pack: 'starter' })));
      const customers = await shop.stripe.customers.list({ limit: 100 });
      const ours = customers.data.filter(({ metadata }) => metadata['credits_account'] === 'one_customer');
      expect(ours).toHaveLength(1);
    });

    test('a customer that was deleted at Stripe is made anew, once, and what was begun goes on', async () => {
      await shop.buy('deleted', { pack: 'starter' });
      const ofAccount = async () => {
        const { data } = await shop.stripe.customers.list({ limit: 100 });
        return data.filter(({ metadata }) => metadata['credits_account'] === 'deleted').map(({ id }) => id);
      };
      const [first] = await ofAccount();
      await shop.stripe.customers.del(first!);
      const begun = await Promise.all(
        Array.from({ length: 8 }, (_, i) => shop.beginTopUp('deleted', { pack: 'starter' }, `again-${i % 4}`)),
      );
      expect(begun.map(({ status }) => status)).toEqual(begun.map(() => 201));
      expect(new Set(begun.map(({ body }) => body.url)).size).toBe(4);
      const now = await ofAccount();
      expect(now).toHaveLength(1);
      expect(now).not.toContain(first);
      await shop.buy('deleted', { pack: 'starter' });
      await shop.quiet();
      await shop.has('deleted', { granted: '2100' });
    });

    test('the buyer chooses an amount within its limits, rounded down to the unit', async () => {
      await shop.buy('chooser', { amount: '12.34', currency: 'USD' });
      await shop.has('chooser', { available: '1234' });
      for (const amount of ['4.99', '500.01', '1.999']) {
        const refused = await shop.beginTopUp('chooser', { amount, currency: 'usd' });
        expect([refused.status, refused.body.errors[0].location]).toEqual([422, 'body.amount']);
      }
      expect((await shop.beginTopUp('chooser', { amount: '10', currency: 'eur' })).body.code).toBe('pack_not_found');
    });

    test('what a promotion code makes free is granted by its session, at no cost', async () => {
      const coupon = await shop.stripe.coupons.create({ percent_off: 100, duration: 'once' });
      const promotion = { type: 'coupon', coupon: coupon.id } as const;
      await shop.stripe.promotionCodes.create({ promotion, code: 'FREE' });
      const session = await shop.buy('lucky', { pack: 'starter' }, 'pm_card_visa', 'FREE');
      expect(session).toMatch(/^cs_/);
      await shop.has('lucky', { available: '1050' });
      expect((await lots('lucky'))[1].cost).toEqual({ amount: '0.00', currency: 'USD' });
    });

    test('payments made by others grant what their metadata says, and nothing where it says nothing', async () => {
      const pay = (metadata: Record<string, string>) => shop.paidByOthers(metadata, 700, 'jpy');
      await pay({ credits_account: 'invited', credits_amount: '70' });
      const silent = await pay({ order: '17' });
      const wrong = await pay({ credits_account: 'invited', credits_amount: '-5' });
      await shop.has('invited', { available: '70' });
      expect((await lots('invited'))[0].cost).toEqual({ amount: '700', currency: 'JPY' });
      await shop.simulator.deliveries.settled();
      const told = async (payment: string) =>
        (await shop.call('GET', `/ops/stripe/events?subject=${payment}&limit=1`)).body.data[0];
      await eventually(async () => (await told(silent)).state === 'ignored');
      await shop.stripe.paymentIntents.update(wrong, { metadata: { credits_amount: '5' } });
      await shop.has('invited', { available: '75' });
    });

    test('a payment that names a top-up is for its account, whatever else it names, and one that names no account none', async () => {
      const { body } = await shop.beginTopUp('who_asked', { pack: 'starter' });
      const amount = { credits_amount: '9', credits_unit: 'credits' };
      await shop.paidByOthers({ credits_top_up: body.id, credits_account: 'somebody_else', ...amount });
      await shop.has('who_asked', { granted: '1050' });
      expect(await shop.credits('somebody_else')).toMatchObject({ granted: '0' });
      for (const account of ['..', 'a\u0007b', 'x'.repeat(256)]) {
        const id = await shop.paidByOthers({ credits_account: account, ...amount });
        await shop.simulator.deliveries.settled();
        await eventually(async () => {
          const { data } = (await shop.call('GET', `/ops/stripe/events?subject=${id}`)).body;
          return data.some(({ last_error: error }: Json) => /metadata.credits_account of the payment must/.test(error));
        });
      }
      expect(
        (await shop.call('GET', '/accounts?limit=100')).body.data.map(({ account }: Json) => account),
      ).not.toContain('..');
      // They are given up after hours; nothing of them is left to wait for here.
      await shop.database.ownerPool.query(
        "UPDATE stripe_events SET state = 'dead', next_attempt_at = NULL, settled_at = now() WHERE state = 'failed'",
      );
    });

    test('refunds revoke their share, bonus included, and give it back where they fail', async () => {
      const payment = await shop.buy('returner', { pack: 'starter' }, 'pm_card_pendingRefund');
      await shop.has('returner', { available: '1050' });
      const half = await shop.stripe.refunds.create({ payment_intent: payment, amount: 500 });
      await shop.has('returner', { available: '525', revoked: '525' });
      await shop.stripe.refunds.create({ payment_intent: payment, amount: 333 });
      await shop.has('returner', { available: '175.35', revoked: '874.65' });
      shop.simulator.cases.endRefund(half.id, 'failed');
      await shop.has('returner', { available: '700.35', revoked: '349.65' });
    });

    test('a dispute takes all, what was spent is debt, and a won one gives it back', async () => {
      const payment = await shop.buy('doubted', { pack: 'starter' });
      await shop.has('doubted', { available: '1050' });
      await shop.call('POST', '/accounts/doubted/charges', { amount: '100' });
      const dispute = shop.simulator.cases.dispute(payment);
      await shop.has('doubted', { available: '0', debt: '100', revoked: '1050' });
      shop.simulator.cases.closeDispute(dispute.id, true);
      await shop.has('doubted', { available: '950', debt: '0', revoked: '0', spent: '100' });
      const lost = shop.simulator.cases.dispute(await shop.buy('doubted', { pack: 'starter' }));
      shop.simulator.cases.closeDispute(lost.id, false);
      await shop.has('doubted', { granted: '2100', available: '950', revoked: '1050' });
    });

    test('a refund that is heard of before its payment, and both late, end the same', async () => {
      shop.simulator.deliveries.hold();
      const payment = await shop.buy('out_of_order', { pack: 'starter' });
      await shop.stripe.refunds.create({ payment_intent: payment, amount: 1_000 });
      await shop.simulator.deliveries.release({ copies: [2, 4], isShuffled: true });
      shop.simulator.deliveries.resume();
      await shop.has('out_of_order', { granted: '1050', revoked: '1050', available: '0', debt: '0' });
    });

    test('an event that came while Stripe was away is worked on when it is there again', async () => {
      shop.simulator.troubles.add({ kind: 'refuse', status: 500 }, { path: '/v1/payment_intents', times: 6 });
      await shop.buy('waiting', { pack: 'starter' });
      await shop.has('waiting', { available: '1050' });
      shop.simulator.troubles.clear();
    });

    test('what Stripe refuses is said in its words and leaves the key free', async () => {
      const pack = { ...STARTER, stripe_price: 'price_unknown' };
      await shop.call('PUT', '/packs/broken', pack);
      const refused = await shop.beginTopUp('refused', { pack: 'broken' }, 'order-2');
      expect([refused.status, refused.body.code]).toEqual([409, 'stripe_refused']);
      expect(refused.body.detail).toContain('price_unknown');
      await shop.call('PUT', '/packs/broken', STARTER);
      expect((await shop.beginTopUp('refused', { pack: 'broken' }, 'order-2')).status).toBe(201);
    });

    test('a dry run of a replay tells what would change, and changes nothing', async () => {
      shop.simulator.deliveries.hold();
      const payment = await shop.buy('replayed', { pack: 'starter' });
      await shop.simulator.deliveries.release();
      shop.simulator.deliveries.resume();
      await shop.has('replayed', { available: '1050' });
      const { body: told } = await shop.call('GET', `/ops/stripe/events?subject=${payment}`);
      const order = { events: [told.data[0].id], reason: 'ticket 311' };
      const replay = async (more: object) =>
        (await shop.call('POST', '/ops/stripe/events/replay', { ...order, ...more })).body.events[0].result;
      expect(await replay({})).toBe(`${payment}: nothing left to do`);
      shop.simulator.deliveries.hold();
      await shop.stripe.refunds.create({ payment_intent: payment, amount: 100 });
      expect(await replay({})).toBe(`${payment}: revoke 100000000 base units of lot 0`);
      expect(await shop.credits('replayed')).toMatchObject({ revoked: '0' });
      expect(await replay({ dry_run: false })).toBe('is worked on again');
      await shop.has('replayed', { revoked: '105' });
      shop.simulator.deliveries.dropHeld();
      shop.simulator.deliveries.resume();
    });
  });
});
