const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Some ten hours in all: Stripe away for a night is no reason to give an event up. */
export const MOST_ATTEMPTS = 24;

/**
 * How long to wait before an event is tried again, doubled each time, up to an hour.
 * @param attempts made so far, at least one
 * @param chance 0 to 1; spreads those that failed together
 * @returns milliseconds, or null where it was tried often enough
 */
export function pauseAfter(attempts: number, chance: number): number | null {
  if (attempts >= MOST_ATTEMPTS) return null;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
  return Math.round(pauseMs * (0.75 + chance / 4));
}
