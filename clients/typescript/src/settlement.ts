import type { Api } from './api.generated.js';
import type { CallOptions } from './call.js';
import { LedgerError } from './ledger-error.js';
import type { ChargeRequest, Line, Metadata, ReservationMutation } from './schemas.generated.js';
import { beyond, heldOf } from './usage.js';

/**
 * What was used and is not in the ledger. Plain JSON: keep it, in a queue or a table, and give it to `ledger.record`,
 * as often as it takes.
 */
export interface UnrecordedSpend {
  readonly account: string;
  /** Null where the work ran unmetered. */
  readonly reservation: string | null;
  /** What is missing. */
  readonly lines: Line[];
  /** `commit`: the reservation may still take it. `charge`: it cannot any more. */
  readonly next: 'commit' | 'charge';
  /** Of the reservation and of everything that belongs to it. */
  readonly idempotencyKey: string;
  readonly member?: string | undefined;
  readonly metadata?: Metadata | undefined;
  /** Why: the code of the error. */
  readonly code: string;
}

/** A reservation and what has to be committed of it. */
export interface Due {
  readonly reservation: string;
  /** Null: all that is left of it. */
  readonly used: Line[] | null;
  /** What it held when it was made. */
  readonly reserved: Line[];
  readonly idempotencyKey: string;
}

export interface Settlement {
  /** The answer of the commit, where there is one. */
  readonly committed: ReservationMutation | null;
  readonly left: Left | null;
}

/** What could not be committed. */
export interface Left {
  readonly lines: Line[];
  readonly next: 'commit' | 'charge';
  readonly error: LedgerError;
}

/** Ends a reservation with one commit. It never throws for what the ledger says: the work is done, and must be told of. */
export async function settle(api: Api, due: Due, options: CallOptions): Promise<Settlement> {
  // One key for every form of the end, so that only one of them can ever take effect.
  const once = { ...options, idempotencyKey: `${due.idempotencyKey}:settle` };
  const used = due.used ?? due.reserved;
  const commit = (lines: Line[] | null) => api.commit(due.reservation, lines === null ? {} : { lines }, once);
  try {
    return { committed: await commit(due.used), left: null };
  } catch (error) {
    return remedy(asLedgerError(error));
  }

  async function remedy(error: LedgerError): Promise<Settlement> {
    try {
      switch (error.code) {
        case 'insufficient_credits':
        case 'commit_exceeds_reservation': {
          if (error.reservation?.status !== 'open') return leftOver(used, 'charge', error);
          const held = heldOf(used, error.reservation);
          const committed = await commit(held);
          return { ...leftOver(beyond(used, held), 'charge', error), committed };
        }
        case 'reservation_closed':
        case 'idempotency_key_reused':
        case 'fact_already_recorded': {
          // It ended before: by an earlier try of this very end, or by somebody else. What it took counts.
          const { lines } = await api.getReservation(due.reservation, options);
          const covered = lines.map(({ unit, committed }) => ({ unit, amount: committed }));
          return leftOver(beyond(used, covered), 'charge', error);
        }
        case 'reservation_expired':
          return leftOver(used, 'charge', error);
        default:
          return leftOver(used, 'commit', error);
      }
    } catch (failure) {
      return leftOver(used, 'commit', asLedgerError(failure));
    }
  }
}

/** Brings what was left over into the ledger: by the commit, where it may still work, else as a charge. */
export async function record(
  api: Api,
  spend: UnrecordedSpend,
  terms: Pick<ChargeRequest, 'overage' | 'reason'>,
  options: CallOptions,
): Promise<void> {
  const { account, reservation, idempotencyKey, member, metadata } = spend;
  let { lines } = spend;
  if (spend.next === 'commit' && reservation !== null) {
    const { left } = await settle(api, { reservation, used: lines, reserved: lines, idempotencyKey }, options);
    if (left === null) return;
    if (left.next === 'commit') throw left.error;
    lines = left.lines;
  }
  const once = { ...options, idempotencyKey: `${idempotencyKey}:charge` };
  await api.charge(account, { lines, member, metadata, ...terms }, once);
}

function leftOver(lines: Line[], next: Left['next'], error: LedgerError): Settlement {
  return { committed: null, left: lines.length === 0 ? null : { lines, next, error } };
}

function asLedgerError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  throw error;
}
