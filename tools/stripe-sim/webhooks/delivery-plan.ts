import type { SeededRandom } from '../../client/seeded-random.js';

/** How deliveries differ from what one would wish. Whatever is random comes back with the same seed. */
export interface DeliveryPlan {
  /** How often each event is sent: the fewest and the most copies. */
  readonly copies: readonly [fewest: number, most: number];
  /** The share of events that is never sent at all. */
  readonly dropShare: number;
  /** How long a copy waits before it is sent. */
  readonly delayMs: readonly [shortest: number, longest: number];
  /** The share of copies that waits `lateMs` instead. */
  readonly lateShare: number;
  readonly lateMs: number;
  /** Whether what was held back is sent in an order of its own; what is sent at once is put out of order by delays. */
  readonly isShuffled: boolean;
  /** How many are under way at once to one endpoint. */
  readonly concurrency: number;
  /** The pauses before a copy that was not taken is sent again; as many further tries as there are pauses. */
  readonly retryAfterMs: readonly number[];
  readonly seed: number;
}

export const PROMPT: DeliveryPlan = {
  copies: [1, 1],
  dropShare: 0,
  delayMs: [0, 0],
  lateShare: 0,
  lateMs: 0,
  isShuffled: false,
  concurrency: 8,
  retryAfterMs: [1_000, 5_000, 30_000, 120_000, 600_000],
  seed: 1,
};

/** The waits of the copies of one event; none where it is dropped. */
export function copiesOf(plan: DeliveryPlan, random: SeededRandom): number[] {
  if (random.chance(plan.dropShare)) return [];
  const copies = random.integer(...plan.copies);
  return Array.from({ length: copies }, () =>
    random.chance(plan.lateShare) ? plan.lateMs : random.integer(...plan.delayMs),
  );
}

export function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = random.integer(0, last);
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
