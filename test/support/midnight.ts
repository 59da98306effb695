import { setTimeout as sleep } from 'node:timers/promises';

const DAY_MS = 86_400_000;
/** Of one file, on a machine that is many times slower than ours; less than what begins a file may take. */
const LONGEST_FILE_MS = 480_000;
const MARGIN_MS = 1_000;

/**
 * For tests of what is counted by the day or the month of UTC: one that began before midnight and ended after it would
 * count two. Waits for midnight where it is near.
 */
export async function awayFromMidnight(): Promise<void> {
  const leftMs = DAY_MS - (Date.now() % DAY_MS);
  if (leftMs < LONGEST_FILE_MS) await sleep(leftMs + MARGIN_MS);
}
