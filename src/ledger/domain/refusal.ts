import { MAX_AMOUNT } from '../../shared/amount.js';
import type { ErrorCode } from '../../shared/ledger-error.js';
import type { Moment, Reservation } from './account.js';
import type { Line } from './command.js';
import type { LimitState } from './limit-state.js';
import type { Entry } from './entry.js';

/** Why a spend is short in one unit, counting only the lots the spend may use. Amounts in base units. */
export interface Shortfall {
  readonly unit: string;
  readonly required: bigint;
  readonly available: bigint;
  /** Held by other reservations. */
  readonly held: bigint;
  readonly openReservations: number;
  /** When the next of those reservations ends, its grace included. */
  readonly nextReleaseAt: Moment | null;
  /** Where the unit is one that subscriptions limit, an allowance that their periods give, or a member's budget. */
  readonly limit: LimitState | null;
  /** Whose budget it is, where it is one. */
  readonly member?: string;
}

/** A decision's no. Nothing is appended for it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly shortfall?: readonly Shortfall[];
  /** How long from now until the same request may succeed, where that is known. */
  readonly retryAfterMs?: number;
  /** The hold that stays open when its excess was refused. */
  readonly reservation?: Reservation;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export interface Accepted {
  readonly ok: true;
  readonly entries: readonly Entry[];
  /** Units of soft limits that the spend would have exceeded: what counted against them was cut. */
  readonly exceeded: readonly string[];
}

export type Decision = Accepted | Refused;

const NONE: readonly string[] = [];

export function accept(entries: readonly Entry[], exceeded = NONE): Accepted {
  return { ok: true, entries, exceeded };
}

export function refuse(
  code: ErrorCode,
  message: string,
  more: Omit<Partial<Refusal>, 'code' | 'message'> = {},
): Refused {
  return { ok: false, refusal: { code, message, retryable: false, ...more } };
}

/** Refuses an amount that is not positive or does not fit; null where it is fine. */
export function amountRefusal(amount: bigint): Refused | null {
  if (amount <= 0n) return refuse('invalid_request', 'amount must be more than zero');
  if (amount > MAX_AMOUNT) return refuse('amount_too_large', 'amount is more than 2^63-1 base units');
  return null;
}

/**
 * The first reason not to take these lines as they are: none at all, a unit twice, an amount that does not fit.
 * @param mayBeFree whether a rate card made them: one that costs nothing holds nothing
 */
export function linesRefusal(lines: readonly Line[], mayBeFree = false): Refused | null {
  if (lines.length === 0) return refuse('invalid_request', 'lines must not be empty');
  for (let i = 0; i < lines.length; i++) {
    const wrong = mayBeFree && lines[i]!.amount === 0n ? null : amountRefusal(lines[i]!.amount);
    if (wrong !== null) return wrong;
    for (let j = 0; j < i; j++) {
      if (lines[j]!.unit === lines[i]!.unit) return refuse('invalid_request', `unit ${lines[i]!.unit} is named twice`);
    }
  }
  return null;
}
