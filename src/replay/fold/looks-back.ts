import type { AccountState } from '../../ledger/domain/account.js';
import type { EntryType } from '../../ledger/domain/entry.js';
import { forgetEnded } from '../../ledger/store/fold-account.js';
import type { BinaryRow } from '../rows/binary-row.js';

/** The lot is the first of the four numbers of a change. */
const NUMBERS_PER_CHANGE = 4;

/** What of an account's past later entries come back to; the rest may be forgotten once it is over. */
export interface LooksBack {
  readonly lots: Set<number>;
  readonly revocations: Set<number>;
}

/** Gathers, before a range is folded, what its entries will look back at. */
export class LookingBack {
  private readonly accounts = new Map<number, LooksBack>();

  /** A row of `type, target, lots` of an entry that has a target. */
  read(accountNo: number, row: BinaryRow): void {
    const known = this.accounts.get(accountNo) ?? { lots: new Set(), revocations: new Set() };
    this.accounts.set(accountNo, known);
    const type = row.wordOrNull() as EntryType;
    const target = row.integer();
    const lots = row.bigintsOrNull() ?? [];
    if (type === 'revoke') known.lots.add(target);
    if (type === 'reinstate') known.revocations.add(target);
    if (type === 'revoke') return;
    for (let at = 0; at < lots.length; at += NUMBERS_PER_CHANGE) known.lots.add(Number(lots[at]));
  }

  of(accountNo: number): LooksBack | undefined {
    return this.accounts.get(accountNo);
  }
}

/** Drops from the state what no later entry needs: a fold stays as small as the account is, however long its stream. */
export function forgetThePast(state: AccountState, looksBack: LooksBack | undefined): void {
  forgetEnded(state);
  const { lots, revocations } = state.recalled;
  for (const no of lots.keys()) if (looksBack === undefined || !looksBack.lots.has(no)) lots.delete(no);
  for (const no of revocations.keys()) {
    if (looksBack === undefined || !looksBack.revocations.has(no)) revocations.delete(no);
  }
}
