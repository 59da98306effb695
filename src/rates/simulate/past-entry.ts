import type { PricedEvent } from '../../ledger/domain/priced-event.js';

/** What a simulation looks at of one entry. */
export interface PastEntry {
  readonly seq: number;
  readonly type: string;
  readonly unit: string;
  readonly amount: bigint;
  /** Change of what the account had available of the unit. */
  readonly available: bigint;
  readonly reservation: number | null;
  readonly closes: boolean;
  /** Where it was priced, within the time asked for, by the card that is looked at. */
  readonly event: PricedEvent | null;
  readonly providerCost: { readonly amount: string; readonly currency: string } | null;
}

/** Base units, by unit. */
export type Sums = Map<string, bigint>;

export function addTo(sums: Sums, unit: string, amount: bigint): void {
  sums.set(unit, (sums.get(unit) ?? 0n) + amount);
}
