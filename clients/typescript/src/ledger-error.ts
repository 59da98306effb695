import type { Problem, RefusalCode, Reservation, Shortfall } from './schemas.generated.js';

/**
 * - `unreachable`: no connection, or it broke before the whole answer was there.
 * - `timeout`: no whole answer in time.
 * - `unexpected_answer`: whoever answered is not a ledger; a proxy before it, most likely.
 * - `aborted`: the caller's signal; its reason is the `cause`.
 */
export type ClientCode = 'unreachable' | 'timeout' | 'unexpected_answer' | 'aborted';

/** What the ledger says, what the client says, and room for codes of a ledger that is newer than this client. */
export type ErrorCode = RefusalCode | ClientCode | 'internal' | (string & {});

export interface ErrorDetails {
  readonly code: ErrorCode;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  readonly mayHaveTakenEffect: boolean;
  readonly idempotencyKey: string | null;
  readonly attempts: number;
  readonly problem: Partial<Problem>;
  readonly cause?: unknown;
}

/** Everything that goes wrong with a call. Tell cases apart by `code`. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: ErrorCode;
  /** Of the HTTP answer; null where none came. */
  readonly status: number | null;
  /** Names the request in the ledger's log; null where the ledger did not answer. */
  readonly requestId: string | null;
  /** True where the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** How long the ledger asks to wait, in milliseconds; 0 where it does not say. */
  readonly retryAfterMs: number;
  /**
   * True where nobody can tell whether the call took effect: make it again with the same `idempotencyKey`, and it takes
   * effect once. False where it did not.
   */
  readonly mayHaveTakenEffect: boolean;
  /** The key that was sent; null for calls that take none. */
  readonly idempotencyKey: string | null;
  /** How often it was sent. */
  readonly attempts: number;
  /** What a spend lacks, unit by unit (`insufficient_credits`). */
  readonly shortfall: readonly Shortfall[];
  /** Which fields are wrong (`invalid_request`). */
  readonly errors: readonly { readonly location: string; readonly message: string }[];
  /** The reservation as it stands, where the refusal of a commit left it open. */
  readonly reservation: Reservation | null;
  /** The first entry of what took effect before (`fact_already_recorded`). */
  readonly entry: string | null;

  constructor(message: string, { problem, cause, ...details }: ErrorDetails) {
    super(message, { cause });
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.mayHaveTakenEffect = details.mayHaveTakenEffect;
    this.idempotencyKey = details.idempotencyKey;
    this.attempts = details.attempts;
    this.shortfall = problem.shortfall ?? [];
    this.errors = problem.errors ?? [];
    this.reservation = problem.reservation ?? null;
    this.entry = problem.entry ?? null;
  }
}
