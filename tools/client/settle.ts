import { release, type Operation } from '../history/operation.js';
import type { Caller } from './caller.js';

const SETTLING_AT_ONCE = 16;

/** The service did not come to an answer although it was asked again and again. */
class Unsettled extends Error {
  override readonly name = 'Unsettled';
}

/**
 * Asks again, with the same key, about every operation whose outcome is unknown. For use when no earlier attempt can
 * still be under way; afterwards each was acknowledged or refused.
 * @throws Unsettled when one stays unknown for the caller's whole patience.
 */
export async function settleUnknown(caller: Caller, patienceMs: number): Promise<number> {
  const unsettled = caller.history.unsettled();
  await callAll(caller, unsettled, patienceMs);
  return unsettled.length;
}

/** Releases whatever the clients should still hold. Holds that time ended meanwhile refuse with 410, which is fine. */
export async function endHolds(caller: Caller, keyPrefix: string, patienceMs: number): Promise<number> {
  const holds = caller.history.openHolds();
  const releases = holds.map((hold, index) => release(`${keyPrefix}-end-${index}`, hold));
  await callAll(caller, releases, patienceMs);
  return releases.length;
}

async function callAll(caller: Caller, operations: readonly Operation[], patienceMs: number): Promise<void> {
  const queue = operations.values();
  const work = async (): Promise<void> => {
    for (const operation of queue) {
      const outcome = await caller.call(operation, { patienceMs });
      if (outcome.kind === 'unknown') throw new Unsettled(`${operation.kind} ${operation.key}: ${outcome.why}`);
    }
  };
  await Promise.all(Array.from({ length: SETTLING_AT_ONCE }, work));
}
