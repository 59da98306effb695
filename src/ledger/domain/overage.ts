import { MAX_AMOUNT } from '../../shared/amount.js';
import {
  liveLots,
  lotNumber,
  MAX_LIVE_LOTS,
  unitOf,
  type AccountState,
  type LotPart,
  type LotTerms,
  type Moment,
  type OverageTerms,
} from './account.js';
import type { Line } from './command.js';
import { makeEntry, type Entry } from './entry.js';
import { refuse, type Refused } from './refusal.js';
import type { Subscription } from './subscription.js';

/** Says of the grant what it is; whether a lot is overage is in its terms, because anybody may give this reason. */
const REASON = 'overage';

/** Credits that lines lacked, granted for them alone: entries that stand before those of the spend. */
export interface Lent {
  readonly ok: true;
  readonly entries: readonly Entry[];
  /** By unit: all of the lot that was made for it. */
  readonly parts: ReadonlyMap<string, LotPart>;
}

const NOTHING: Lent = { ok: true, entries: [], parts: new Map() };

/**
 * Who is billed later for what a spend lacks in this unit: of several subscriptions whose plans do, the one whose period
 * began last, of two of one moment the first by id. Null where the spend is refused as ever: without such a plan, in a
 * trial, which nobody pays for, and while the account owes, because who owes is not lent more.
 */
export function arrearsOf(state: AccountState, unit: string): OverageTerms | null {
  if (state.subscriptions.size === 0 || unitOf(state, unit).balance.debt > 0n) return null;
  let newest: Subscription | null = null;
  for (const subscription of state.subscriptions.values()) {
    if (subscription.status !== 'active' || meterOf(subscription, unit) === undefined) continue;
    if (newest === null || comesBefore(subscription, newest)) newest = subscription;
  }
  return newest === null ? null : { subscription: newest.id, meter: meterOf(newest, unit)! };
}

/** Of these lines those that somebody is billed for, and those that nobody is. */
export function billedLater(
  state: AccountState,
  lines: readonly Line[],
): { readonly billed: readonly Line[]; readonly short: readonly Line[] } {
  const isBilled = ({ unit }: Line): boolean => arrearsOf(state, unit) !== null;
  return { billed: lines.filter(isBilled), short: lines.filter(line => !isBilled(line)) };
}

/**
 * Grants what the lines say is lacking, each as a `paid` lot that no other spend can draw from: it is over from the
 * beginning, so whatever returns of it expires.
 * @param lines by how much each is short, of units with arrears unless that is nothing; no unit twice
 */
export function lend(state: AccountState, lines: readonly Line[], now: Moment, recordedAt: Moment): Lent | Refused {
  const lacking = lines.filter(({ amount }) => amount > 0n);
  if (lacking.length === 0) return NOTHING;
  if (liveLots(state) + lacking.length > MAX_LIVE_LOTS) {
    const message = `the account already has ${MAX_LIVE_LOTS} live lots: commit or release some reservations`;
    return refuse('too_many_lots', message);
  }
  const entries: Entry[] = [];
  const parts = new Map<string, LotPart>();
  for (const { unit, amount } of lacking) {
    if (unitOf(state, unit).balance.granted + amount > MAX_AMOUNT) {
      return refuse('amount_too_large', `all ever granted in ${unit} would exceed what can be counted`);
    }
    const seq = state.seq + 1 + entries.length;
    const lot = lotNumber(seq, 0);
    entries.push(
      makeEntry(seq, now, recordedAt, {
        type: 'grant',
        unit,
        amount,
        deltas: { granted: amount, available: amount },
        lots: [{ lot, amount, remaining: amount, held: 0n }],
        made: [termsOf(unit, amount, arrearsOf(state, unit)!)],
        reason: REASON,
      }),
    );
    parts.set(unit, { lot, amount });
  }
  return { ok: true, entries, parts };
}

function termsOf(unit: string, granted: bigint, overage: OverageTerms): LotTerms {
  return {
    unit,
    category: 'paid',
    priority: 100,
    granted,
    expiresAt: null,
    appliesTo: null,
    cost: null,
    rollover: null,
    carriedFrom: null,
    plan: null,
    overage,
  };
}

function meterOf({ terms }: Subscription, unit: string): string | undefined {
  return terms.arrears.find(each => each.unit === unit)?.meter;
}

function comesBefore(a: Subscription, b: Subscription): boolean {
  return a.period.start === b.period.start ? a.id < b.id : a.period.start > b.period.start;
}
