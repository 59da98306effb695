import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../../tools/client/seeded-random.js';
import type { Shop } from '../shop.js';

const LONGEST_PAUSE_MS = 400;

/**
 * Kills one worker after the other at random moments, all but the first process of the shop, and starts another.
 * @returns how many of them while there was work
 */
export async function killWorkers(
  shop: Shop,
  random: SeededRandom,
  { kills, each }: { kills: number; each: () => void },
): Promise<number> {
  const workers = shop.services.length - 1;
  let busy = 0;
  for (let kill = 0; kill < kills; kill++) {
    await sleep(random.integer(0, LONGEST_PAUSE_MS));
    if ((await shop.waiting()) > 0) busy++;
    const at = 1 + (kill % workers);
    await shop.services[at]!.kill9();
    shop.services[at] = await shop.startService('worker');
    each();
  }
  return busy;
}
