import { MAX_AMOUNT } from '../../shared/amount.js';
import { lotNumber, unitOf, type AccountState, type Lot, type LotTerms, type Moment } from './account.js';
import { least } from './burn-order.js';
import { makeEntry, type Entry, type EntryFields } from './entry.js';

/** Entries that follow one another at one moment, while the state stays as it is until they are evolved. */
export class Draft {
  readonly entries: Entry[] = [];

  constructor(
    readonly state: AccountState,
    readonly at: Moment,
    private readonly recordedAt: Moment,
  ) {}

  get nextSeq(): number {
    return this.state.seq + 1 + this.entries.length;
  }

  add(fields: EntryFields): void {
    this.entries.push(makeEntry(this.nextSeq, this.at, this.recordedAt, fields));
  }

  /** What is left of a lot once the draft stands. */
  remainingOf({ no, remaining }: Lot): bigint {
    let left = remaining;
    for (const { lots } of this.entries) for (const change of lots) if (change.lot === no) left += change.remaining;
    return left;
  }

  /** A grant that nobody may refuse, because time or a plan makes it: what could not be counted is left out. */
  grant(terms: LotTerms): void {
    const { unit } = terms;
    let { granted, debt } = unitOf(this.state, unit).balance;
    for (const entry of this.entries) {
      if (entry.unit !== unit) continue;
      granted += entry.deltas.granted;
      debt += entry.deltas.debt;
    }
    const amount = least(terms.granted, MAX_AMOUNT - granted - debt);
    if (amount <= 0n) return;
    const debtPaid = least(debt, amount);
    this.add({
      type: 'grant',
      unit,
      amount,
      deltas: { granted: amount, available: amount - debtPaid, debt: -debtPaid },
      lots: [{ lot: lotNumber(this.nextSeq, 0), amount, remaining: amount - debtPaid, held: 0n }],
      made: [{ ...terms, granted: amount }],
    });
  }

  /** Takes what is left of a lot, or a part of it, out of the account for good. */
  expire(unit: string, lot: number, amount: bigint): void {
    if (amount <= 0n) return;
    this.add({
      type: 'expire',
      unit,
      amount,
      deltas: { available: -amount, expired: amount },
      lots: [{ lot, amount, remaining: -amount, held: 0n }],
    });
  }
}
