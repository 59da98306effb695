import { formatAmount, type ScaleOf } from '../../shared/amount.js';
import type { AccountReplay, WouldBeRefused } from './account-replay.js';
import { addTo, type PastEntry, type Sums } from './past-entry.js';

/** Examples shown of what went wrong. */
const MOST_EXAMPLES = 20;
/** Meters and models shown, those with most events first. */
const MOST_GROUPS = 100;
/** Digits after the point of the longest cost that a commit may carry. */
const COST_DIGITS = 64;

/** What some events cost, and would have cost. */
interface Compared {
  events: number;
  readonly actual: Sums;
  readonly candidate: Sums;
}

interface Group extends Compared {
  readonly meter: string;
  readonly model: string | null;
}

/** Why an event has no price at the candidate's. */
export type NoPrice = { readonly message: string };

/** Adds up what events cost at other prices. Spends count once: a reservation by what was committed of it. */
export class Simulation {
  private readonly total: Compared = { events: 0, actual: new Map(), candidate: new Map() };
  private readonly groups = new Map<string, Group>();
  private readonly costs: Sums = new Map();
  private readonly unpriced: { account: string; seq: number; meter: string; message: string }[] = [];
  private unpricedEvents = 0;
  private readonly refused: (WouldBeRefused & { account: string })[] = [];
  private refusedSpends = 0;
  private readonly refusedAccounts = new Set<string>();

  follow(account: string, replay: AccountReplay, entry: PastEntry, candidate: Sums | NoPrice | null): void {
    const priced = candidate instanceof Map ? candidate : null;
    const refused = replay.follow(entry, priced);
    if (refused !== null) this.refuse(account, refused);
    if (entry.event === null) return;
    if (candidate !== null && priced === null) this.leaveOut(account, entry, (candidate as NoPrice).message);
    if (entry.type !== 'commit' || priced === null) return;
    const { meter, properties, lines } = entry.event;
    const model = Object.hasOwn(properties, 'model') ? properties['model']! : null;
    const key = JSON.stringify([meter, model]);
    const group = this.groups.get(key) ?? { meter, model, events: 0, actual: new Map(), candidate: new Map() };
    this.groups.set(key, group);
    for (const sums of [this.total, group]) {
      sums.events++;
      for (const { unit, amount } of lines) addTo(sums.actual, unit, amount);
      for (const [unit, amount] of priced) addTo(sums.candidate, unit, amount);
    }
    if (entry.providerCost !== null)
      addTo(this.costs, entry.providerCost.currency.toUpperCase(), costOf(entry.providerCost.amount));
  }

  /** @param scaleOf digits after the point of a unit */
  toJson(scaleOf: ScaleOf) {
    const sums = ({ events, actual, candidate }: Compared) => ({
      events,
      actual: formatted(actual, scaleOf),
      candidate: formatted(candidate, scaleOf),
    });
    const groups = [...this.groups.values()].sort((a, b) => b.events - a.events).slice(0, MOST_GROUPS);
    return {
      total: sums(this.total),
      by_meter: groups.map(group => ({ meter: group.meter, model: group.model, ...sums(group) })),
      provider_costs: formatted(this.costs, () => COST_DIGITS),
      unpriced: { events: this.unpricedEvents, first: this.unpriced },
      refused: {
        spends: this.refusedSpends,
        accounts: this.refusedAccounts.size,
        first: this.refused.map(({ account, seq, unit, required, available }) => ({
          account,
          seq,
          unit,
          required: formatAmount(required, scaleOf(unit)),
          available: formatAmount(available, scaleOf(unit)),
        })),
      },
    };
  }

  private refuse(account: string, refused: WouldBeRefused): void {
    this.refusedSpends++;
    this.refusedAccounts.add(account);
    if (this.refused.length < MOST_EXAMPLES) this.refused.push({ ...refused, account });
  }

  private leaveOut(account: string, { seq, event }: PastEntry, message: string): void {
    this.unpricedEvents++;
    if (this.unpriced.length < MOST_EXAMPLES) this.unpriced.push({ account, seq, meter: event!.meter, message });
  }
}

function formatted(sums: Sums, scaleOf: ScaleOf): Record<string, string> {
  const inOrder = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inOrder.map(([unit, amount]) => [unit, formatAmount(amount, scaleOf(unit))]));
}

function costOf(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(COST_DIGITS, '0'));
}
