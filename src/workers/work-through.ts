import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes due meanwhile is looked for so often. */
const LOOK_AGAIN_MS = 200;

export interface Due<T> {
  /** Takes up what is due, so many at the most, so that nobody else does for a while. */
  readonly take: (most: number) => Promise<readonly T[]>;
  readonly work: (one: T) => Promise<void>;
  readonly mostAtOnce: number;
  readonly signal: AbortSignal;
}

/**
 * Works on everything that is due, several at once, and on what becomes due meanwhile. After a failure nothing new is taken
 * up; what is under way comes to its end.
 */
export async function workThrough<T>({ take, work, mostAtOnce, signal }: Due<T>): Promise<void> {
  const busy = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for (;;) {
    const room = signal.aborted || failures.length > 0 ? 0 : mostAtOnce - busy.size;
    const taken = room > 0 ? await take(room) : [];
    for (const one of taken) {
      const working = work(one).catch((error: unknown) => void failures.push(error));
      const done = working.finally(() => busy.delete(done));
      busy.add(done);
    }
    if (busy.size === 0) break;
    await Promise.race([...busy, sleep(LOOK_AGAIN_MS)]);
  }
  if (failures.length > 0) throw failures[0];
}
