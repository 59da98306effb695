import type { AccountState, AppliesTo, Metadata } from './domain/account.js';
import type { Mode } from './submission.js';

/** An account in memory: who it is, and its state as of `state.seq`. */
export interface Account {
  readonly no: number;
  readonly mode: Mode;
  readonly id: string;
  /** Not yet in the directory: nobody ever wrote it. */
  readonly unnamed: boolean;
  readonly state: AccountState;
}

/**
 * What the cache may hold, counted in accounts, live lots, open holds, members, subscriptions, their lots and windows, and what
 * is written on them (a pair of metadata, a condition's value) alike: about half a kilobyte each.
 */
const CACHE_WEIGHT = 200_000;

/**
 * States of the accounts used last. `take` removes: a state that is being changed is not readable until it is put back,
 * and one whose append failed simply never returns. May be stale, another replica may have written since; only the
 * append's guard tells.
 */
export class AccountCache {
  /** In the order of use, the oldest first. Nobody changes a state while it is here, so it weighs the same when it leaves. */
  private readonly accounts = new Map<number, { readonly account: Account; readonly weight: number }>();
  private weight = 0;

  constructor(private readonly limit: number = CACHE_WEIGHT) {}

  take(accountNo: number): Account | undefined {
    const known = this.accounts.get(accountNo);
    if (known === undefined) return undefined;
    this.accounts.delete(accountNo);
    this.weight -= known.weight;
    return known.account;
  }

  put(account: Account): void {
    const known = this.take(account.no);
    // Two lanes can meet on one account for a moment, when its name was just settled by another replica.
    const newer = known !== undefined && known.state.seq > account.state.seq ? known : account;
    const weight = weightOf(newer);
    this.accounts.set(newer.no, { account: newer, weight });
    this.weight += weight;
    if (this.weight <= this.limit) return;
    for (const oldest of this.accounts.keys()) {
      this.take(oldest);
      if (this.weight <= this.limit) break;
    }
  }
}

function weightOf({ state }: Account): number {
  let weight = 1 + pairsIn(state.metadata) + state.members.size;
  for (const { metadata } of state.holds.values()) weight += 1 + pairsIn(metadata);
  for (const { lots, windows } of state.subscriptions.values()) weight += 1 + lots.size + windows.size;
  for (const { lots } of state.units.values()) {
    for (const { appliesTo } of lots) weight += 1 + (appliesTo === null ? 0 : valuesIn(appliesTo));
  }
  return weight;
}

function pairsIn(metadata: Metadata | null): number {
  return metadata === null ? 0 : Object.keys(metadata).length;
}

function valuesIn({ meters = [], models = [], members = [] }: AppliesTo): number {
  return meters.length + models.length + members.length;
}
