import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { seededRandom, type SeededRandom } from '../../tools/client/seeded-random.js';
import { onBothQueues } from '../support/both-queues.js';
import type { RunningService } from '../support/service.js';
import { Shop } from './shop.js';

/** `STRIPE_FACTS=5000 STRIPE_KILLS=100` for the long run. */
const FACTS = Number(process.env['STRIPE_FACTS'] ?? 60);
const KILLS = Number(process.env['STRIPE_KILLS'] ?? 5);
const ACCOUNTS = Math.ceil(FACTS / 10);
const PACK = { name: 'Odd', amount: '333', price: { amount: '7', currency: 'usd' }, bonus: { amount: '17' } };
const PAID = 700;
const CREDIT = 1_000_000n;
const QUIET_WITHIN_MS = 30 * 60_000;

describe('business facts, told many times and late, while workers are killed', () => {
  onBothQueues(store => {
    test(
      'grants and revokes equal them, to the credit',
      async () => {
        const random = seededRandom(7);
        const shop = await Shop.open(store, ['api', 'worker', 'worker']);
        try {
          await shop.call('PUT', '/packs/odd', PACK);
          shop.simulator.deliveries.hold();
          const payments = await happen(shop, random);
          const events = shop.simulator.deliveries.heldCount;
          const releasing = shop.simulator.deliveries.release({
            copies: [1, 10],
            isShuffled: true,
            concurrency: 16,
            lateShare: 0.1,
            lateMs: 3_000,
          });
          await killWorkers(shop, random);
          await releasing;
          await shop.quiet(QUIET_WITHIN_MS);
          expect(await ledgerOf(shop)).toEqual(await expectedOf(shop, payments));
          const { rows } = await shop.database.ownerPool.query(`SELECT count(*)::int AS n FROM stripe_events`);
          expect(rows).toEqual([{ n: events }]);
          const attempts = shop.simulator.deliveries.attempts.length;
          console.log(`${store}: ${FACTS} facts, ${events} events, ${attempts} deliveries, ${KILLS} kills`);
        } finally {
          await shop.close();
        }
      },
      QUIET_WITHIN_MS * 2,
    );
  });
});

/** Payments, refunds and disputes, none of which anybody is told of yet. @returns payments by their account */
async function happen(shop: Shop, random: SeededRandom): Promise<Map<string, string>> {
  const payments = new Map<string, string>();
  for (let fact = 0; fact < FACTS; fact++) {
    const known = [...payments.keys()];
    const payment = known[random.integer(0, Math.max(0, known.length - 1))];
    const what = payment === undefined ? 0 : random.integer(0, 9);
    if (what < 5) {
      const account = `facts_${random.integer(1, ACCOUNTS)}`;
      payments.set(
        await shop.buy(account, { pack: 'odd' }, what === 4 ? 'pm_card_pendingRefund' : 'pm_card_visa'),
        account,
      );
    } else if (what < 8) {
      await refund(shop, payment!, random);
    } else {
      dispute(shop, payment!, what === 8);
    }
  }
  return payments;
}

async function refund(shop: Shop, payment: string, random: SeededRandom): Promise<void> {
  const amount = random.integer(1, PAID / 2);
  // Some have been returned already.
  const made = await shop.stripe.refunds.create({ payment_intent: payment, amount }).catch(() => undefined);
  if (made?.status === 'pending' && random.chance(0.5)) shop.simulator.cases.endRefund(made.id, 'failed');
}

function dispute(shop: Shop, payment: string, isWon: boolean): void {
  try {
    const opened = shop.simulator.cases.dispute(payment);
    if (opened.amount % 3 !== 0) shop.simulator.cases.closeDispute(opened.id, isWon);
  } catch {
    // One that was disputed or returned already cannot be disputed again.
  }
}

async function killWorkers(shop: Shop, random: SeededRandom): Promise<void> {
  const workers = shop.services.slice(1);
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(random.integer(0, 400));
    const at = kill % workers.length;
    const victim: RunningService = workers[at]!;
    await victim.kill9();
    workers[at] = await shop.startService('worker');
    shop.services[at + 1] = workers[at];
  }
}

/** By account: what was granted and what is revoked, in base units. */
async function ledgerOf(shop: Shop): Promise<Record<string, readonly bigint[]>> {
  const { rows } = await shop.database.ownerPool.query<{ id: string; granted: string; revoked: string }>(
    `SELECT a.id, coalesce(sum(e.granted), 0)::text AS granted, coalesce(sum(e.revoked), 0)::text AS revoked
     FROM entries e JOIN accounts a USING (account_no) GROUP BY a.id`,
  );
  return Object.fromEntries(rows.map(({ id, granted, revoked }) => [id, [BigInt(granted), BigInt(revoked)]]));
}

/** The same from Stripe alone, counted in a way of its own. */
async function expectedOf(shop: Shop, payments: Map<string, string>): Promise<Record<string, readonly bigint[]>> {
  const expected: Record<string, [bigint, bigint]> = {};
  for (const [payment, account] of payments) {
    const { data: refunds } = await shop.stripe.refunds.list({ payment_intent: payment, limit: 100 });
    const { data: disputes } = await shop.stripe.disputes.list({ payment_intent: payment, limit: 100 });
    let returned = 0;
    for (const { status, amount } of refunds) if (!['failed', 'canceled'].includes(status ?? '')) returned += amount;
    for (const { status, amount } of disputes) if (status !== 'won') returned += amount;
    const share = BigInt(Math.min(PAID, returned));
    const sums = (expected[account] ??= [0n, 0n]);
    for (const granted of [333n * CREDIT, 17n * CREDIT]) {
      sums[0] += granted;
      sums[1] += (granted * share) / BigInt(PAID);
    }
  }
  return expected;
}
