import type { Client } from 'pg';
import { compareFolded } from '../compare/compare-folded.js';
import type { Difference } from '../compare/difference.js';
import { foldRange, type AccountRange, type FoldedAccount, type RangeOptions } from '../fold/fold-range.js';
import type { Until } from '../fold/until.js';

/** Of one range; the counts count everything. */
const MOST_DIFFERENCES_KEPT = 200;

export interface RangeResult {
  readonly accounts: number;
  readonly entries: number;
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  readonly accountsThatDiffer: number;
}

/** Folds a range and compares it with the tables. */
export async function verifyRange(client: Client, range: AccountRange, options: RangeOptions): Promise<RangeResult> {
  const folded = await foldRange(client, range, options);
  const differences: Difference[] = [];
  let [accounts, entries, differenceCount, accountsThatDiffer] = [0, 0, 0, 0];
  for (const account of folded.values()) {
    accounts++;
    entries += account.fold.state.seq;
    const found = differencesOf(account, options.until);
    if (found.length === 0) continue;
    accountsThatDiffer++;
    differenceCount += found.length;
    differences.push(...found.slice(0, MOST_DIFFERENCES_KEPT - differences.length));
  }
  return { accounts, entries, differences, differenceCount, accountsThatDiffer };
}

/** With the account's name, where one is known. */
function differencesOf(folded: FoldedAccount, until: Until | null): Difference[] {
  const who = folded.name ?? folded.account;
  return compareFolded(folded, until).map(deviation => {
    return { ...deviation, accountNo: folded.no, mode: who?.mode ?? null, account: who?.id ?? null };
  });
}
