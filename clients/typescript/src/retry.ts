import type { ErrorCode } from './ledger-error.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** The ledger did nothing and says so: whatever the call is, it may be sent again. */
const NOT_TAKEN: ReadonlySet<ErrorCode> = new Set(['rate_limited']);

/** It may or may not have taken effect: only what has a key, or changes nothing by being done twice, may be sent again. */
const PERHAPS_TAKEN: ReadonlySet<ErrorCode> = new Set(['unreachable', 'timeout', 'busy', 'idempotency_key_in_use']);

/** What proxies answer when they do not reach the ledger. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

interface Failure {
  readonly code: ErrorCode;
  readonly status: number | null;
}

/**
 * Whether the same bytes may be sent again at once. By code, not by status or `retryable`: credits that are short come
 * back when others end their work, or next month, and whether to wait for that is not the client's to decide.
 */
export function maySendAgain({ code, status }: Failure, repeatable: boolean): boolean {
  if (NOT_TAKEN.has(code)) return true;
  if (!repeatable) return false;
  return PERHAPS_TAKEN.has(code) || (code === 'unexpected_answer' && GATEWAY_STATUSES.has(status ?? 0));
}

/** Whether the ledger, or the way to it, is down: nobody there decides anything. */
export function isUnavailable({ code, status }: Failure): boolean {
  if (code === 'unexpected_answer') return (status ?? 0) >= 500;
  return code === 'unreachable' || code === 'timeout' || code === 'busy' || code === 'internal';
}

/**
 * Exponential, and anywhere between nothing and that ("full jitter"), so that callers whom one failure hit at the same
 * moment do not come back at the same moment. What the ledger asks for comes on top.
 */
export function pauseMsAfter(attempt: number, retryAfterMs: number): number {
  return retryAfterMs + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
}

/** Until the time is over or the signal comes, whichever is first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
