import { newAccount, type AccountState, type UnitState } from '../../ledger/domain/account.js';
import type { Entry } from '../../ledger/domain/entry.js';
import { evolve } from '../../ledger/domain/evolve.js';
import { balanceViolations, StreamAudit } from '../../ledger/domain/invariants.js';
import { forgetEnded } from '../../ledger/store/fold-account.js';
import { forgetThePast, type LooksBack } from './looks-back.js';

/** Looking at every lot and hold after every entry would cost the square of an account's size. */
const FULL_CHECK_EVERY_ENTRIES = 1000;
/** Kept a little longer than needed, because emptying a map after every entry costs more. */
const MOST_ENDED_RESERVATIONS = 16;
/** One wrong entry makes many wrong: the first ones say what there is to know. */
const MOST_VIOLATIONS = 20;
/** Above what a range of several accounts should have in all. */
const MOST_EARLY_ENTRIES = 200_000;

/** So many entries lie out of order that they are better read in order. */
export class TooMuchDisorder extends Error {
  override readonly name = 'TooMuchDisorder';
}

/**
 * Folds one account's entries with the real `evolve` and every rule of docs/rules.md beside it. Unless they are said to
 * come in order, entries may come as they lie in the table: one that comes early waits for those before it.
 */
export class AccountFold {
  readonly state: AccountState = newAccount();
  /** Rules that do not hold, in words; the first of many. */
  readonly violations: string[] = [];
  /** An entry did not fit: what follows it was not folded, and the state says nothing about the account. */
  broken = false;
  private readonly audit = new StreamAudit();
  private readonly early = new Map<number, Entry>();
  private fullCheckAt = FULL_CHECK_EVERY_ENTRIES;

  constructor(
    private readonly inOrder: boolean,
    private readonly looksBack?: LooksBack,
    /** Called after each entry that folded. */
    private readonly folded?: (state: AccountState) => void,
  ) {}

  /** @throws TooMuchDisorder */
  add(entry: Entry): void {
    if (this.broken) return;
    if (entry.seq !== this.state.seq + 1) return this.keep(entry);
    this.fold(entry);
    while (this.early.size > 0) {
      const next = this.early.get(this.state.seq + 1);
      if (next === undefined || this.broken) return;
      this.early.delete(next.seq);
      this.fold(next);
    }
  }

  /** To be called after the last entry. */
  finish(): void {
    if (this.early.size > 0) this.breakAtGap();
    if (!this.broken) this.checkState();
  }

  private keep(entry: Entry): void {
    if (entry.seq <= this.state.seq) return this.violate(`entry ${entry.seq} is there twice`);
    this.early.set(entry.seq, entry);
    if (this.inOrder) this.breakAtGap();
    else if (this.early.size >= MOST_EARLY_ENTRIES) throw new TooMuchDisorder();
  }

  private breakAtGap(): void {
    let next = Infinity;
    for (const seq of this.early.keys()) next = Math.min(next, seq);
    const first = this.state.seq + 1;
    const missing = next === first + 1 ? `entry ${first} is` : `entries ${first} to ${next - 1} are`;
    if (!this.broken) this.violate(`${missing} missing, entry ${next} is there`);
    this.broken = true;
    this.early.clear();
  }

  private fold(entry: Entry): void {
    if (this.broken) return;
    const { state } = this;
    for (const text of this.audit.entry(state, entry)) this.violate(text);
    try {
      evolve(state, entry);
    } catch (error) {
      this.violate(error instanceof Error ? error.message : String(error));
      this.broken = true;
      return;
    }
    if (entry.unit !== null) this.checkBalance(entry, state.units.get(entry.unit)!);
    if (state.recalled.reservations.size >= MOST_ENDED_RESERVATIONS) forgetEnded(state);
    if (entry.seq >= this.fullCheckAt) this.lookAround();
    this.folded?.(state);
  }

  /** The sums that can go down, after every entry; `checkState` looks at the others. */
  private checkBalance(entry: Entry, { balance }: UnitState): void {
    const { available, held, debt } = balance;
    if (available >= 0n && held >= 0n && debt >= 0n && (debt === 0n || available === 0n)) return;
    for (const text of balanceViolations(balance)) this.violate(`after entry ${entry.seq}, ${entry.unit}: ${text}`);
  }

  private lookAround(): void {
    const { state } = this;
    this.checkState();
    forgetThePast(state, this.looksBack);
    let size = state.holds.size;
    for (const { lots } of state.units.values()) size += lots.length;
    this.fullCheckAt = state.seq + Math.max(FULL_CHECK_EVERY_ENTRIES, size);
  }

  private checkState(): void {
    for (const text of this.audit.state(this.state)) this.violate(`after entry ${this.state.seq}: ${text}`);
  }

  private violate(text: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(text);
  }
}
