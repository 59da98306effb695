import { describe, expect, test } from '@jest/globals';
import { startProgress } from '../../tools/client/progress.js';
import { seededRandom } from '../../tools/client/seeded-random.js';
import { onBothQueues } from '../support/both-queues.js';
import { Facts } from './facts/facts.js';
import { killWorkers } from './facts/kill-workers.js';
import { differencesOf } from './reconciling.js';
import { Shop } from './shop.js';

/** `npm run test:stripe:long` has 5,000 facts and 120 kills, and a seed of its own each time. */
const FACTS = Number(process.env['STRIPE_FACTS'] ?? 60);
const KILLS = Number(process.env['STRIPE_KILLS'] ?? 5);
const SEED = process.env['STRIPE_SEED'] ?? '7';
const ACCOUNTS = Math.ceil(FACTS / 10);
const DAYS = 3;
const DAY_SECONDS = 86_400;
/** Each tenth delivery waits, until after what happened later was told. */
const MANNER = { copies: [1, 10], isShuffled: true, concurrency: 16, lateShare: 0.1, lateMs: 2_000 } as const;
const QUIET_WITHIN_MS = 30 * 60_000;

describe('business facts, told many times and late, while workers are killed', () => {
  onBothQueues(store => {
    test(
      'grants and revokes equal them, to the credit, and a reconciliation finds nothing',
      async () => {
        const seed = SEED === 'fresh' ? Date.now() % 2 ** 31 : Number(SEED);
        console.log(`${store}: STRIPE_SEED=${seed}`);
        const random = seededRandom(seed);
        // Days ago, so that what is subscribed to in these days has begun.
        const startsAt = Math.floor(Date.now() / 1_000) - DAYS * DAY_SECONDS;
        const shop = await Shop.open(store, ['api', 'worker', 'worker'], { seed, startsAt });
        const progress = startProgress(`${store}: facts and kills`, FACTS + KILLS);
        const each = () => progress.advance();
        try {
          const { deliveries, world } = shop.simulator;
          deliveries.hold();
          const facts = await Facts.of(shop, random, ACCOUNTS);
          await facts.happen(Math.ceil(FACTS / 2), each);
          const killing = seededRandom(seed + 1);
          let busy = 0;
          // More of it happens while the first of it is told, so that much is told of days after it happened.
          for (let day = 0; day <= DAYS; day++) {
            const telling = deliveries.release({ ...MANNER, seed: seed + day });
            const kills = Math.ceil((KILLS - day) / (DAYS + 1));
            const killed = killWorkers(shop, killing, { kills, each });
            if (day < DAYS) {
              await facts.happen(Math.ceil(FACTS / 2 / DAYS), each);
              world.moveBy(DAY_SECONDS);
            }
            busy += await killed;
            await telling;
          }
          await shop.quiet(QUIET_WITHIN_MS);
          expect(await ledgerOf(shop)).toEqual(await facts.expected());
          const { rows } = await shop.database.ownerPool.query(COUNTS);
          expect(rows[0]).toMatchObject({ dead: 0 });
          expect(await differencesOf(shop, { from: startsAt * 1_000, to: Date.now() + DAY_SECONDS * 1_000 })).toEqual(
            [],
          );
          const { attempts } = deliveries;
          console.log(
            `${store}: ${facts.happened} facts, ${rows[0].events} events, ${attempts.length} deliveries, ${KILLS} kills, ` +
              `${busy} of them while events waited; answered within ${withinMs(attempts, 0.5)} ms (median), ` +
              `${withinMs(attempts, 0.99)} ms (p99)`,
          );
        } finally {
          progress.stop();
          await shop.close();
        }
      },
      QUIET_WITHIN_MS * 2,
    );
  });
});

/** How long such a share of the deliveries took at most. */
function withinMs(attempts: readonly { readonly tookMs: number }[], share: number): number {
  const took = attempts.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return Math.round(took[Math.ceil(took.length * share) - 1] ?? 0);
}

const COUNTS = `SELECT count(*)::int AS events, count(*) FILTER (WHERE state = 'dead')::int AS dead FROM stripe_events`;

/** By account: what was granted and what is revoked, in base units. */
async function ledgerOf(shop: Shop): Promise<Record<string, readonly bigint[]>> {
  const { rows } = await shop.database.ownerPool.query<{ id: string; granted: string; revoked: string }>(
    `SELECT a.id, coalesce(sum(e.granted), 0)::text AS granted, coalesce(sum(e.revoked), 0)::text AS revoked
     FROM entries e JOIN accounts a USING (account_no) GROUP BY a.id`,
  );
  return Object.fromEntries(rows.map(({ id, granted, revoked }) => [id, [BigInt(granted), BigInt(revoked)]]));
}
