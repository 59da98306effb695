import {
  lotNumber,
  lotOf,
  reservationOf,
  unitOf,
  zeroBalance,
  type Balance,
  type Lot,
  type Reservation,
} from '../../src/ledger/domain/account.js';
import type { Charge, Command, Commit, Extend, Grant, Line, Reserve } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { Refusal } from '../../src/ledger/domain/refusal.js';
import { RecordingAccount, REAL_DOMAIN } from './recording-account.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

type Options<C> = Partial<Omit<C, 'type'>>;

/**
 * One account for a test that reads as a story: what was given, what somebody does, what holds then. Times are
 * milliseconds since the story began. Every rule of docs/rules.md is audited along the way.
 */
export class GivenAccount {
  now = 0;
  private readonly account = new RecordingAccount(REAL_DOMAIN);

  /** Moves on to a moment of the story. */
  at(now: number): this {
    this.now = now;
    return this;
  }

  /** Does what must be accepted; the entries of the command itself, without those of time. */
  does(command: Command): readonly Entry[] {
    const { decision } = this.execute(command);
    if (!decision.ok) throw new Error(`refused: ${decision.refusal.code}, ${decision.refusal.message}`);
    return decision.entries;
  }

  /** Does what may be refused; the entries of the command itself, none where it was. */
  tries(command: Command): readonly Entry[] {
    const { decision } = this.execute(command);
    return decision.ok ? decision.entries : [];
  }

  /** Tries what must be refused, and leave no trace. */
  refuses(command: Command): Refusal {
    this.settles();
    const before = this.seq;
    const { decision } = this.execute(command);
    if (decision.ok) throw new Error(`accepted: ${decision.entries.map(({ type }) => type).join(', ')}`);
    if (this.seq !== before) throw new Error('a refusal left a trace');
    return decision.refusal;
  }

  /** What time did by now; also whatever was due before. */
  settles(): readonly Entry[] {
    // Nothing changes by an unfreeze of an account that is not frozen: it only makes time happen.
    return this.execute({ type: this.account.state.frozen ? 'freeze' : 'unfreeze', reason: null }).entries;
  }

  /** The number of the lot. */
  grants(amount: bigint, more: Options<Grant> = {}): number {
    return lotNumber(this.only(this.does(grant(amount, more))).seq, 0);
  }

  /** The number of the reservation. */
  reserves(amount: bigint | readonly Line[], more: Options<Reserve> = {}): number {
    return this.does(reserve(amount, more))[0]?.seq ?? 0;
  }

  /** The number of the (first) commit entry. */
  commits(reservation: number, actual: Commit['actual'], more: Options<Commit> = {}): number {
    return this.does(commit(reservation, actual, more))[0]?.seq ?? 0;
  }

  balance(unit = 'credits'): Balance {
    return { ...unitOf(this.account.state, unit).balance };
  }

  /** Live lots in burn order, as far as numbers go. */
  lots(unit = 'credits'): Pick<Lot, 'no' | 'remaining' | 'held'>[] {
    return unitOf(this.account.state, unit).lots.map(({ no, remaining, held }) => ({ no, remaining, held }));
  }

  lot(no: number, unit = 'credits'): Lot {
    const lot = lotOf(this.account.state, unit, no);
    if (lot === undefined) throw new Error(`no lot ${no}`);
    return lot;
  }

  reservation(no: number): Reservation {
    const reservation = reservationOf(this.account.state, no);
    if (reservation === undefined) throw new Error(`no reservation ${no}`);
    return reservation;
  }

  get state() {
    return this.account.state;
  }

  get seq(): number {
    return this.account.state.seq;
  }

  private execute(command: Command) {
    const outcome = this.account.execute(command, this.now);
    if (this.account.violations.length > 0) throw new Error(this.account.violations.join('\n'));
    if (this.account.foldDiffers()) throw new Error('the fold of the entries is not the state');
    return outcome;
  }

  private only(entries: readonly Entry[]): Entry {
    const [entry, ...more] = entries;
    if (entry === undefined || more.length > 0) throw new Error(`${entries.length} entries`);
    return entry;
  }
}

/** A balance, zero where nothing is said. */
export function balance(sums: Partial<Balance>): Balance {
  return { ...zeroBalance(), ...sums };
}

export function grant(amount: bigint, more: Options<Grant> = {}): Grant {
  return {
    type: 'grant',
    unit: 'credits',
    amount,
    category: 'promotional',
    priority: 50,
    expiresAt: null,
    appliesTo: null,
    cost: null,
    rollover: null,
    reason: null,
    metadata: null,
    ...more,
  };
}

export function reserve(amount: bigint | readonly Line[], more: Options<Reserve> = {}): Reserve {
  return {
    type: 'reserve',
    lines: linesOf(amount),
    ttlMs: 15 * MINUTE,
    graceMs: 5 * SECOND,
    overage: 'allow_available',
    late: 'reject',
    meter: null,
    model: null,
    member: null,
    metadata: null,
    ...more,
  };
}

export function commit(reservation: number, actual: Commit['actual'], more: Options<Commit> = {}): Commit {
  return { type: 'commit', reservation, actual, final: true, providerCost: null, metadata: null, ...more };
}

export function charge(amount: bigint | readonly Line[], more: Options<Charge> = {}): Charge {
  return {
    type: 'charge',
    lines: linesOf(amount),
    overage: 'allow_available',
    meter: null,
    model: null,
    member: null,
    reason: null,
    metadata: null,
    ...more,
  };
}

export function release(reservation: number, reason: string | null = null): Command {
  return { type: 'release', reservation, reason };
}

export function extend(reservation: number, more: Options<Extend>): Extend {
  return { type: 'extend', reservation, ttlMs: null, add: null, ...more };
}

/** Without an amount everything; without a unit every unit, or the only one. */
export function refund(reservation: number, amount: bigint | null = null, unit: string | null = null): Command {
  return { type: 'refund-reservation', reservation, amount, unit, reason: null };
}

export function refundEntry(entry: number, reservation: number | null, amount: bigint | null = null): Command {
  return { type: 'refund-entry', entry, reservation, amount, reason: null };
}

export function revoke(lot: number, amount: bigint | null = null, unit = 'credits'): Command {
  return { type: 'revoke', lot, unit, amount, reason: null };
}

export function reinstate(revocation: number, amount: bigint | null = null): Command {
  return { type: 'reinstate', revocation, amount, reason: null };
}

export function limits(overdraft: Readonly<Record<string, bigint>>): Command {
  return { type: 'configure', overdraftLimits: new Map(Object.entries(overdraft)), metadata: null };
}

export const FREEZE: Command = { type: 'freeze', reason: null };
export const UNFREEZE: Command = { type: 'unfreeze', reason: null };

function linesOf(amount: bigint | readonly Line[]): readonly Line[] {
  return typeof amount === 'bigint' ? [{ unit: 'credits', amount }] : amount;
}
