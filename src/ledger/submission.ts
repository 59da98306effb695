import type { ErrorCode, LedgerError } from '../shared/ledger-error.js';
import type { AccountState, Moment } from './domain/account.js';
import type { Command, RefundEntry, Revoke } from './domain/command.js';

export type Mode = 'live' | 'test';

/** An account by the caller's own id. */
export interface Target {
  readonly mode: Mode;
  readonly account: string;
  /** When the caller stops waiting: on `performance.now()`'s clock, milliseconds; ten seconds from now unless given. */
  readonly deadlineAt?: number | undefined;
}

/** An account by the number an id carried. Where there is none, or one of the other mode, the call is refused with `missing`. */
export interface NumberedTarget {
  readonly mode: Mode;
  readonly accountNo: number;
  readonly missing: ErrorCode;
  /** As in `Target`. */
  readonly deadlineAt?: number | undefined;
}

/** What is known of a command when all there is is an id: the write path looks up the lot's unit, the entry's reservation. */
export type SubmittedCommand = Command | Omit<Revoke, 'unit'> | Omit<RefundEntry, 'reservation'>;

/** Makes a command take effect once: the caller's key, and a hash of the request it stands for. */
export interface Once {
  readonly key: string;
  /** 16 bytes. */
  readonly fingerprint: Buffer;
}

/**
 * Scales of units that nobody used yet when the amounts of a submission were read. Such a scale may still change, so a
 * spend is accepted only where each was put to use meanwhile, as it was read. A refused one leaves the unit as it is.
 */
export interface UnfixedScales {
  /** What the amounts in this unit were read with; undefined where it was in use already. */
  scaleOf(unit: string): number | undefined;
  /** Whether each is in use by now, with that very scale. */
  stand(): boolean;
}

export interface Submission {
  readonly target: Target | NumberedTarget;
  readonly command: SubmittedCommand;
  /** Null only where the request is idempotent by itself (PUT). */
  readonly once: Once | null;
  /** Something that may take effect once in this account, such as `reference:order-17`. */
  readonly fact: string | null;
  /** Absent where every unit was in use, or was put to use for this. */
  readonly unfixed?: UnfixedScales | undefined;
  /**
   * Why it cannot be decided, found while it was read by what may be otherwise the next time (a rate card). Only its key
   * comes before that: where it took effect already, it gets the first answer again.
   */
  readonly refusal?: LedgerError | undefined;
}

/** JSON bytes as stored with the key; `replayed` where the key had been used before. */
export interface Answer {
  readonly body: Buffer;
  readonly replayed: boolean;
}

/**
 * An account at one moment, everything due settled. Only valid during the call it is handed to: the state goes on
 * changing. An account without entries has an empty state with `seq` 0.
 */
export interface AccountView {
  readonly no: number;
  readonly mode: Mode;
  readonly id: string;
  readonly state: AccountState;
  readonly now: Moment;
}
