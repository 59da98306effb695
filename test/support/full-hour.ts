import { setTimeout as sleep } from 'node:timers/promises';

const HOUR_MS = 3_600_000;
const LONGEST_FILE_MS = 90_000;
const MARGIN_MS = 1_000;

/**
 * For tests of what is counted by the day or the month, in whatever time zone: each begins with a full hour, and one that
 * began in between would count two. Waits for it where it is near.
 */
export async function awayFromFullHour(): Promise<void> {
  const leftMs = HOUR_MS - (Date.now() % HOUR_MS);
  if (leftMs < LONGEST_FILE_MS) await sleep(leftMs + MARGIN_MS);
}
