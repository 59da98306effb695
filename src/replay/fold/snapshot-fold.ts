import type { AccountState } from '../../ledger/domain/account.js';
import { ENTRIES_PER_SNAPSHOT } from '../../ledger/store/append.js';
import { same } from '../compare/same.js';
import type { SnapshotRow } from '../rows/projection-copy.js';

export interface WrongSnapshot {
  readonly expected: SnapshotRow;
  readonly found: SnapshotRow;
}

/** Holds an account's stored snapshots against its fold, at the moment the fold comes by. */
export class SnapshotFold {
  /** In the order of their seqs. */
  readonly stored: SnapshotRow[] = [];
  readonly wrong: WrongSnapshot[] = [];
  /**
   * What `rebuild` adds where none is near. No deviation: a batch that appends thousands of entries to one account
   * leaves one snapshot behind it, and a balance in the past is right without any.
   */
  readonly lacking: SnapshotRow[] = [];
  private next = 0;
  private lastSeq = 0;

  folded(state: AccountState): void {
    const { seq } = state;
    const found = this.stored[this.next];
    if (found?.seq === seq) {
      const expected = snapshotOf(state);
      if (!same(expected, found)) this.wrong.push({ expected, found });
      this.next++;
      this.lastSeq = seq;
    } else if (seq >= this.lastSeq + 2 * ENTRIES_PER_SNAPSHOT && seq % ENTRIES_PER_SNAPSHOT === 0) {
      this.lacking.push(snapshotOf(state));
      this.lastSeq = seq;
    }
  }

  /** Stored for seqs that no entry has. */
  get beyond(): readonly SnapshotRow[] {
    return this.stored.slice(this.next);
  }
}

function snapshotOf({ seq, lastEffectiveAt, units }: AccountState): SnapshotRow {
  const balances: bigint[] = [];
  for (const { balance } of units.values()) {
    const { granted, available, held, spent, expired, revoked, debt } = balance;
    balances.push(granted, available, held, spent, expired, revoked, debt);
  }
  return { seq, effectiveAt: lastEffectiveAt, units: [...units.keys()], balances };
}
