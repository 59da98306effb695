import type { Api } from './api.generated.js';
import { LedgerError } from './ledger-error.js';
import { isUnavailable, pause } from './retry.js';

/** Work under way, and the hold behind it. */
export interface KeptHold {
  /** Comes when the work has no credits behind it any more, or should end for another reason. */
  readonly signal: AbortSignal;
  /** Ends the keeping; leaves no timer and no request behind. */
  stop(): void;
}

export interface KeepTerms {
  readonly request: { readonly ttl_seconds: number; readonly grace_seconds?: number | undefined };
  readonly maxDurationSeconds: number;
  /** What to do when the hold is over because the ledger could not be asked in time. */
  readonly whenUnavailable: 'refuse' | 'allow';
  readonly signal: AbortSignal | undefined;
}

export interface TakenHold {
  readonly reservation: { readonly id: string };
  /** By `performance.now()`: the hold stands until then at least. */
  readonly heldUntilMs: number;
}

const GRACE_SECONDS = 5;
const LEAST_PATIENCE_MS = 1_000;
const MS_PER_SECOND = 1000;

/**
 * Prolongs a hold whenever half of its time is over. Time is counted from when a request left, on this machine's
 * monotonic clock: the ledger cannot have decided before that, so the hold stands at least that long, and it does not
 * matter what this machine believes the date is. `expires_at` is by the ledger's clock and is not compared with ours.
 */
export function keepHeld(api: Api, hold: TakenHold | null, terms: KeepTerms): KeptHold {
  const work = new AbortController();
  const keeping = new AbortController();
  const abort = (): void => work.abort(terms.signal?.reason);
  if (terms.signal?.aborted) abort();
  terms.signal?.addEventListener('abort', abort);
  const timer = setTimeout(() => {
    work.abort(new DOMException(`longer than maxDurationSeconds, ${terms.maxDurationSeconds} s`, 'TimeoutError'));
    keeping.abort();
  }, terms.maxDurationSeconds * MS_PER_SECOND);
  const prolonging = hold === null ? Promise.resolve() : prolong(api, hold, terms, keeping.signal);
  prolonging.catch((error: unknown) => {
    const tolerated = terms.whenUnavailable === 'allow' && error instanceof LedgerError && isUnavailable(error);
    if (!keeping.signal.aborted && !tolerated) work.abort(error);
  });
  return {
    signal: work.signal,
    stop: () => {
      keeping.abort();
      clearTimeout(timer);
      terms.signal?.removeEventListener('abort', abort);
    },
  };
}

/** @throws LedgerError when the hold could not be prolonged before it was over */
async function prolong(api: Api, hold: TakenHold, { request }: KeepTerms, signal: AbortSignal): Promise<void> {
  const ttlMs = request.ttl_seconds * MS_PER_SECOND;
  const graceMs = (request.grace_seconds ?? GRACE_SECONDS) * MS_PER_SECOND;
  let { heldUntilMs } = hold;
  for (;;) {
    await pause(heldUntilMs - ttlMs / 2 - performance.now(), signal);
    if (signal.aborted) return;
    const sentMs = performance.now();
    // As long as there is a hold, there is something to try for; after work that blocked for too long, try once more.
    const deadlineMs = Math.max(LEAST_PATIENCE_MS, heldUntilMs + graceMs - sentMs);
    const patience = { signal, deadlineMs, maxAttempts: Infinity };
    await api.extend(hold.reservation.id, { ttl_seconds: request.ttl_seconds }, patience);
    heldUntilMs = sentMs + ttlMs;
  }
}
