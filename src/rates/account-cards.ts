import { Injectable } from '@nestjs/common';
import type { AccountState } from '../ledger/domain/account.js';
import { isLive } from '../ledger/domain/subscription.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';

/** Prices the events of accounts whose plan names no card. */
export const DEFAULT_CARD = 'default';

/** Tells which card prices an account's events now: that of its plan. */
@Injectable()
export class AccountCards {
  constructor(private readonly writePath: WritePath) {}

  /** @throws LedgerError busy */
  cardOf(target: Target): Promise<string> {
    return this.writePath.read(target, ({ state }) => cardOf(state));
  }
}

/** Of several plans that name one, that of the subscription whose period began last; of two of the same moment the first by id. */
export function cardOf({ subscriptions }: Pick<AccountState, 'subscriptions'>): string {
  const [newest] = [...subscriptions.values()]
    .filter(subscription => isLive(subscription) && subscription.terms.rateCard !== null)
    .sort((a, b) => b.period.start - a.period.start || (a.id < b.id ? -1 : 1));
  return newest?.terms.rateCard ?? DEFAULT_CARD;
}
