import { checkAccount, checkNothingHeld } from './check-account.js';
import type { Difference } from './difference.js';
import type { History, Told } from './history.js';
import type { LedgerReader } from './ledger-account.js';

export interface LedgerCheck {
  readonly accounts: number;
  readonly entries: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly differences: readonly Difference[];
}

export interface CheckOptions {
  /** True when every hold was ended: then nothing may be held. */
  readonly allHoldsEnded: boolean;
  readonly onAccount?: (account: string) => void;
}

const ACCOUNTS_AT_ONCE = 4;

/** Reads every account of the history from the ledger and compares the two. */
export async function checkLedger(
  history: History,
  reader: LedgerReader,
  { allHoldsEnded, onAccount }: CheckOptions,
): Promise<LedgerCheck> {
  const byAccount = toldByAccount(history);
  const differences = [...history.differences];
  let entries = 0;
  const accounts = byAccount.entries();
  const work = async (): Promise<void> => {
    for (const [account, told] of accounts) {
      const ledger = await reader.readAccount(account);
      entries += ledger.entries.length;
      differences.push(...checkAccount({ told, reads: history.reads(account) }, ledger));
      if (allHoldsEnded) differences.push(...checkNothingHeld(ledger));
      onAccount?.(account);
    }
  };
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, work));
  const all = [...byAccount.values()].flat();
  const count = (matches: (told: Told) => boolean): number => all.filter(matches).length;
  return {
    accounts: byAccount.size,
    entries,
    acknowledged: count(told => told.acknowledged !== null),
    refused: count(told => told.acknowledged === null && told.refusals.length > 0),
    differences,
  };
}

function toldByAccount(history: History): Map<string, Told[]> {
  const byAccount = new Map<string, Told[]>();
  for (const told of history.all()) {
    const { account } = told.operation;
    const others = byAccount.get(account);
    if (others === undefined) byAccount.set(account, [told]);
    else others.push(told);
  }
  return byAccount;
}
