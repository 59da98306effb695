import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../tools/client/seeded-random.js';
import type { Trouble } from '../../tools/stripe-sim/http/troubles.js';
import { onBothQueues } from '../support/both-queues.js';
import { eventually } from '../support/data-dir.js';
import { Automatic, STARTER } from './automatic.js';
import { awayFromMidnight } from '../support/midnight.js';
import { Shop } from './shop.js';

/** `AUTO_TOP_UP_KILLS=100` for the long run. */
const KILLS = Number(process.env['AUTO_TOP_UP_KILLS'] ?? 6);
const ACCOUNTS_A_KILL = 2;
const SPENDS = 500;
const INTENTS = { method: 'POST', path: '/v1/payment_intents' };
/** The SDK tries once more. */
const TRIES = 2;

describe('automatic top-ups, whatever dies', () => {
  onBothQueues(store => {
    let shop: Shop;
    let auto: Automatic;

    beforeAll(async () => {
      shop = await Shop.open(store, ['all', 'all']);
      auto = new Automatic(shop);
      await shop.call('PUT', '/packs/starter', STARTER);
    });
    afterAll(() => shop?.close());

    test(`${SPENDS} spends at once below the threshold, on two replicas, make one charge`, async () => {
      await auto.customer('busy');
      await auto.put('busy', { threshold: '600' });
      const spend = async (index: number): Promise<number> => {
        const answer = await fetch(`${shop.services[index % 2]!.url}/v1/accounts/busy/charges`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${shop.apiKey}`,
            'content-type': 'application/json',
            'idempotency-key': `spend-${index}`,
          },
          body: JSON.stringify({ amount: '1' }),
        });
        await answer.arrayBuffer();
        return answer.status;
      };
      const spent = await Promise.all(
        Array.from({ length: SPENDS }, async (_, index) => {
          let status = 503;
          // One that is busy for a moment is asked again, with the same key.
          await eventually(async () => (status = await spend(index)) !== 503);
          return status;
        }),
      );
      expect(spent.filter(status => status !== 201)).toEqual([]);
      await shop.has('busy', { available: '1500', granted: '2000' });
      await auto.rests('busy');
      await shop.quiet();
      expect(await auto.payments('busy')).toHaveLength(1);
      expect(await shop.credits('busy')).toMatchObject({ granted: '2000' });
    });
  });

  onBothQueues(store => {
    test(
      `every account is charged once and granted once, over ${KILLS} kills`,
      async () => {
        const random = seededRandom(11);
        const shop = await Shop.open(store, ['api', 'worker']);
        const auto = new Automatic(shop);
        const accounts = Array.from({ length: KILLS * ACCOUNTS_A_KILL }, (_, index) => `killed_${index}`);
        try {
          await shop.call('PUT', '/packs/starter', STARTER);
          for (const account of accounts) await auto.customer(account);
          await shop.quiet();
          for (const account of accounts) await auto.put(account, { cooldown_seconds: 86_400 });
          // What no webhook tells is found by whoever asked for it.
          shop.simulator.deliveries.hold();
          shop.simulator.troubles.add({ kind: 'slow', ms: 150 }, { path: '/v1/payment_intents', times: 10_000 });
          for (let kill = 0; kill < KILLS; kill++) {
            const low = accounts.slice(kill * ACCOUNTS_A_KILL, (kill + 1) * ACCOUNTS_A_KILL);
            for (const account of low) await auto.spend(account, '1000');
            await sleep(random.integer(500, 4_000));
            await shop.services[1]!.kill9();
            shop.services[1] = await shop.startService('worker');
            for (const account of accounts) await auto.letTimePass(account);
          }
          for (const account of accounts) {
            await shop.has(account, { available: '1000' });
            await auto.attempted(account, 1, 'paid');
          }
          await shop.simulator.deliveries.release({ copies: [1, 4], isShuffled: true, concurrency: 8 });
          await shop.quiet();
          for (const account of accounts) {
            expect(await auto.payments(account)).toHaveLength(1);
            expect(await auto.attempts(account)).toHaveLength(1);
            expect(await shop.credits(account)).toMatchObject({ granted: '2000', available: '1000' });
          }
        } finally {
          await shop.close();
        }
      },
      30 * 60_000,
    );
  });
});

describe('automatic top-ups, whatever Stripe answers', () => {
  let shop: Shop;
  let auto: Automatic;

  beforeAll(async () => {
    await awayFromMidnight();
    shop = await Shop.open('postgres');
    auto = new Automatic(shop);
    await shop.call('PUT', '/packs/starter', STARTER);
  });
  afterAll(() => shop?.close());
  afterEach(async () => {
    shop.simulator.troubles.clear();
    await shop.simulator.deliveries.release();
  });

  /** Nobody is told of what happens once these are in trouble. */
  const lowOn = async (account: string, trouble: () => void): Promise<void> => {
    shop.simulator.deliveries.resume();
    await auto.customer(account);
    await shop.quiet();
    shop.simulator.deliveries.hold();
    trouble();
    await auto.put(account, { cooldown_seconds: 86_400 });
    await auto.spend(account, '1000');
  };

  test.each<[string, Trouble]>([
    ['nothing, though it charged', { kind: 'cut_after' }],
    ['nothing, and did not charge', { kind: 'cut_before' }],
    ['500', { kind: 'refuse', status: 500 }],
    ['503', { kind: 'refuse', status: 503 }],
    ['429', { kind: 'refuse', status: 429 }],
    ['409', { kind: 'refuse', status: 409 }],
    ['only after a while', { kind: 'slow', ms: 3_000 }],
  ])('%s: the card is charged once, and no decline is counted', async (what, trouble) => {
    const account = `answer_${what.replaceAll(/[^a-z0-9]/g, '')}`;
    await lowOn(account, () => shop.simulator.troubles.add(trouble, { ...INTENTS, times: TRIES }));
    await eventually(async () => (await auto.attempts(account)).length === 1);
    await auto.attempted(account, 1, 'paid');
    await shop.has(account, { available: '1000', granted: '2000' });
    await auto.rests(account);
    expect(await auto.payments(account)).toHaveLength(1);
    expect(await auto.get(account)).toMatchObject({ declines: 0, this_month: { count: 1 } });
  });

  /** As if the attempt had been begun so much earlier. */
  const longAgo = (account: string, interval: string) =>
    shop.database.ownerPool.query(
      `UPDATE auto_top_up_attempts SET asked_at = asked_at - $2::interval, created_at = created_at - $2::interval
       WHERE account = $1`,
      [account, interval],
    );

  test('nothing for most of a day, though it charged: the payment is found, and Stripe is not asked for another', async () => {
    const { troubles } = shop.simulator;
    await lowOn('found', () => {
      troubles.add({ kind: 'cut_after' }, { ...INTENTS, times: TRIES });
      troubles.add({ kind: 'refuse', status: 500 }, { method: 'GET', path: '/v1/payment_intents', times: 999 });
    });
    await eventually(async () => (await auto.attempts('found'))[0]?.asked_at instanceof Date);
    // It charged, whatever it answers to those who ask.
    const { paymentIntents } = shop.simulator.world;
    const customer = await auto.customerOf('found');
    await eventually(() =>
      paymentIntents
        .where(intent => intent.customer === customer)
        .some(({ metadata }) => metadata['credits_top_up']?.startsWith('atu_') === true),
    );
    // Nobody is asking any more: the next one waits.
    await eventually(async () => {
      const { rowCount } = await shop.database.ownerPool.query(
        `UPDATE auto_top_ups SET look_at = now() + interval '1 hour'
         WHERE account = 'found' AND look_at BETWEEN now() AND now() + interval '60 s'`,
      );
      return rowCount === 1;
    });
    await longAgo('found', '20 hours');
    troubles.clear();
    troubles.add({ kind: 'refuse', status: 500 }, { ...INTENTS, times: 999 });
    await auto.letTimePass('found');
    await shop.has('found', { available: '1000' });
    await auto.attempted('found', 1, 'paid');
    expect(await auto.payments('found')).toHaveLength(1);
  });

  test('nothing for an hour, and did not charge: it is given up, and the next one is made', async () => {
    const { troubles } = shop.simulator;
    await lowOn('given-up', () => troubles.add({ kind: 'cut_before' }, { ...INTENTS, times: 999 }));
    // Nobody is asking any more: the request of an hour ago is over, and the next one waits.
    await eventually(async () => {
      const { rowCount } = await shop.database.ownerPool.query(
        `UPDATE auto_top_ups SET look_at = now() + interval '1 hour' WHERE account = 'given-up'
           AND look_at BETWEEN now() AND now() + interval '60 s' AND EXISTS (
             SELECT FROM auto_top_up_attempts WHERE account = 'given-up' AND asked_at IS NOT NULL)`,
      );
      return rowCount === 1;
    });
    troubles.clear();
    await longAgo('given-up', '2 hours');
    await auto.letTimePass('given-up');
    await auto.attempted('given-up', 1, 'canceled');
    await auto.attempted('given-up', 2, 'paid');
    await shop.has('given-up', { available: '1000' });
    expect(await auto.attempts('given-up')).toMatchObject([
      { state: 'canceled', code: 'no_answer' },
      { state: 'paid' },
    ]);
    expect(await auto.payments('given-up')).toHaveLength(1);
  });
});
