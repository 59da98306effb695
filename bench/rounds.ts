import { setTimeout as sleep } from 'node:timers/promises';

/** Lets what one contestant set off (its last fsync, its garbage) settle before the next one is measured. */
const PAUSE_MS = 100;

export interface Slot<T> {
  readonly name: string;
  run(): Promise<T>;
}

/** A B C A B C …: whatever else the machine does, it does it to all of them. One round beforehand is not counted. */
export async function interleave<T>(slots: readonly Slot<T>[], rounds: number): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(slots.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const slot of slots) {
      const result = await slot.run();
      if (round > 0) results.get(slot.name)!.push(result);
      await sleep(PAUSE_MS);
    }
  }
  return results;
}
