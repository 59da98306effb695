import type { AlertRule } from '../../alerts/alert-rule.js';
import { crosses } from '../../alerts/crossing.js';
import { spentBy, type Level } from '../../alerts/levels.js';
import { lotNumber } from '../../ledger/domain/account.js';
import type { Entry } from '../../ledger/domain/entry.js';
import { formatAmount } from '../../shared/amount.js';
import { formatMoment } from '../../shared/moment.js';
import type { Happening } from '../event.js';
import { ofSubscription, type SubscriptionChanged } from './subscription-happenings.js';

/** What an entry did, and what is known around it. */
export interface Done {
  readonly entry: Entry;
  /** Of the entry's unit; null where it moves none. */
  readonly levels: { readonly before: Level; readonly after: Level } | null;
  /** In force for the account, of whatever unit. */
  readonly rules: readonly AlertRule[];
  /** Null where the entry changes none. */
  readonly subscription: SubscriptionChanged | null;
  /** What came back, by unit, where the entry ends a reservation whose time was over. */
  readonly cameBack: readonly { readonly unit: string; readonly amount: bigint }[];
}

/** How the wire spells things of this account. */
export interface Spelling {
  id(kind: 'entry' | 'lot' | 'reservation', number: number): string;
  /** Digits after the point. */
  scale(unit: string): number;
}

/** Everything to be told of one entry, in a fixed order: what it is, then what it did to the balance. */
export function happeningsOf(done: Done, spelling: Spelling): Happening[] {
  return [...ofItsType(done, spelling), ...ofItsLevels(done, spelling)];
}

function ofItsType({ entry, levels, subscription, cameBack }: Done, spelling: Spelling): Happening[] {
  const of = (unit: string, amount: bigint): string => formatAmount(amount, spelling.scale(unit));
  switch (entry.type) {
    case 'grant': {
      const [made] = entry.made;
      if (made === undefined || entry.unit === null || levels === null) return [];
      const data = {
        entry: spelling.id('entry', entry.seq),
        unit: entry.unit,
        amount: of(entry.unit, entry.amount),
        lot: spelling.id('lot', lotNumber(entry.seq, 0)),
        category: made.category,
        expires_at: made.expiresAt === null ? null : formatMoment(made.expiresAt),
        balance: balanceOf(levels.after, entry.unit, spelling),
      };
      return [{ type: 'credits.granted', data }];
    }
    case 'expire': {
      if (entry.reservation === null || !entry.closes) return [];
      const data = {
        entry: spelling.id('entry', entry.seq),
        reservation: spelling.id('reservation', entry.reservation),
        lines: cameBack.map(({ unit, amount }) => ({ unit, amount: of(unit, amount) })),
      };
      return [{ type: 'reservation.expired', data }];
    }
    case 'subscribe':
      return subscription === null ? [] : ofSubscription(subscription, spelling.id('entry', entry.seq));
    case 'reserve':
    case 'extend':
    case 'commit':
    case 'release':
    case 'refund':
    case 'revoke':
    case 'reinstate':
    case 'rollover':
    case 'configure':
    case 'freeze':
    case 'unfreeze':
      return [];
    default:
      throw new Error(`unknown entry type ${String(entry.type satisfies never)}`);
  }
}

function ofItsLevels({ entry, levels, rules }: Done, spelling: Spelling): Happening[] {
  const { unit, effectiveAt } = entry;
  if (unit === null || levels === null) return [];
  const { before, after } = levels;
  const data = { entry: spelling.id('entry', entry.seq), unit, balance: balanceOf(after, unit, spelling) };
  const found: Happening[] = [];
  for (const rule of rules) {
    if (rule.unit !== unit || !crosses(rule, { before, after, effectiveAt, scale: spelling.scale(unit) })) continue;
    const threshold = thresholdOf(rule, after, effectiveAt, spelling);
    const more = { rule: rule.name, threshold, measure: rule.measure };
    found.push({ type: 'credits.threshold_crossed', data: { ...data, ...more } });
  }
  if (before.available > 0n && after.available === 0n) found.push({ type: 'credits.limit_reached', data });
  if (before.debt === 0n && after.debt > 0n) found.push({ type: 'credits.debt_incurred', data });
  if (before.debt > 0n && after.debt === 0n) found.push({ type: 'credits.debt_paid', data });
  return found;
}

type Threshold = Extract<Happening, { type: 'credits.threshold_crossed' }>['data']['threshold'];

function thresholdOf({ kind, value, unit }: AlertRule, after: Level, at: number, spelling: Spelling): Threshold {
  const inUnit = (amount: bigint): string => formatAmount(amount, spelling.scale(unit));
  if (kind === 'percent') return { percent: Number(value), of: inUnit(after.base) };
  if (kind === 'runs_out_within_seconds') {
    return { runs_out_within_seconds: Number(value), spent: inUnit(spentBy(after, at)) };
  }
  return { amount: value };
}

function balanceOf({ available, held, debt }: Level, unit: string, spelling: Spelling) {
  const scale = spelling.scale(unit);
  return {
    available: formatAmount(available, scale),
    held: formatAmount(held, scale),
    debt: formatAmount(debt, scale),
  };
}
