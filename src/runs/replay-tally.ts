import type { Deviation } from '../replay/compare/difference.js';
import type { ReplayedAccount } from '../replay/rebuild/rebuild-ledger.js';
import type { FoundDifference, ReplayResult } from './run.js';

/** Of each run: what a person looks at, and what a row should hold. */
const MOST_DIFFERENCES_KEPT = 50;
const LONGEST_VALUE = 300;

/** Counts what a replay finds, on top of what it had found before it was interrupted. */
export class ReplayTally {
  private counts: { -readonly [Name in keyof Omit<ReplayResult, 'first_differences' | 'error'>]: number };
  private readonly firstDifferences: FoundDifference[];

  constructor(before: ReplayResult | null) {
    this.counts = {
      accounts: before?.accounts ?? 0,
      entries: before?.entries ?? 0,
      accounts_that_differ: before?.accounts_that_differ ?? 0,
      differences: before?.differences ?? 0,
      accounts_rebuilt: before?.accounts_rebuilt ?? 0,
      accounts_left: before?.accounts_left ?? 0,
    };
    this.firstDifferences = [...(before?.first_differences ?? [])];
  }

  get entries(): number {
    return this.counts.entries;
  }

  account({ folded, deviations, left }: ReplayedAccount, dryRun: boolean): void {
    const { counts } = this;
    counts.accounts++;
    counts.entries += folded.fold.state.seq;
    if (deviations.length === 0) return;
    counts.accounts_that_differ++;
    if (left !== null) counts.accounts_left++;
    else if (!dryRun) counts.accounts_rebuilt++;
    const { mode = null, id = null } = folded.name ?? folded.account ?? {};
    for (const deviation of deviations) this.difference(deviation, { mode, account: id, accountNo: folded.no }, left);
  }

  difference(
    { place, field, expected, found }: Deviation,
    { mode, account, accountNo }: { mode: string | null; account: string | null; accountNo: number | null },
    left: string | null,
  ): void {
    this.counts.differences++;
    if (this.firstDifferences.length >= MOST_DIFFERENCES_KEPT) return;
    const who = { mode, account, account_no: accountNo };
    const what = { place, field: shortened(field), expected: shortened(expected), found: shortened(found) };
    this.firstDifferences.push({ ...who, ...what, left });
  }

  result(): ReplayResult {
    return { ...this.counts, first_differences: this.firstDifferences };
  }
}

function shortened(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
}
