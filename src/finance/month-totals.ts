import type { ClientBase } from 'pg';
import type { Moment } from '../ledger/domain/account.js';
import { formatAmount } from '../shared/amount.js';
import type { Movement } from './fold-entry.js';

const SUMS = ['paid', 'recognised', 'refunded', 'breakage', 'revoked', 'deferred'] as const;

/** Sums as they are written however they came about: without zeros at their end. */
const ADD_UP = `
INSERT INTO finance_months AS m (mode, currency, category, month, paid, recognised, refunded, breakage, revoked, deferred)
SELECT mode, currency, category, month, trim_scale(sum(paid)), trim_scale(sum(recognised)), trim_scale(sum(refunded)),
       trim_scale(sum(breakage)), trim_scale(sum(revoked)), trim_scale(sum(deferred))
FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[],
            $9::numeric[], $10::numeric[])
  AS moved(mode, currency, category, month, paid, recognised, refunded, breakage, revoked, deferred)
GROUP BY mode, currency, category, month
ON CONFLICT (mode, currency, category, month) DO UPDATE SET
  paid = trim_scale(m.paid + excluded.paid),
  recognised = trim_scale(m.recognised + excluded.recognised),
  refunded = trim_scale(m.refunded + excluded.refunded),
  breakage = trim_scale(m.breakage + excluded.breakage),
  revoked = trim_scale(m.revoked + excluded.revoked),
  deferred = trim_scale(m.deferred + excluded.deferred)`;

type Sums = Record<(typeof SUMS)[number], bigint>;

interface Total {
  readonly mode: string;
  readonly currency: string;
  readonly category: string;
  /** Its first day. */
  readonly month: string;
  readonly scale: number;
  readonly sums: Sums;
}

/** What entries moved, by month, currency and category. */
export class MonthTotals {
  private readonly totals = new Map<string, Total>();

  /** What moves nothing leaves no row, so that the rows there are do not depend on how the entries are cut into ranges. */
  add(effectiveAt: Moment, movement: Movement): void {
    if (SUMS.every(sum => movement[sum] === 0n)) return;
    const { sums } = this.total(monthOf(effectiveAt), movement);
    for (const sum of SUMS) sums[sum] += movement[sum];
  }

  async save(client: ClientBase): Promise<void> {
    if (this.totals.size === 0) return;
    const all = [...this.totals.values()];
    const money = SUMS.map(sum => all.map(({ sums, scale }) => formatAmount(sums[sum], scale)));
    const keys = (['mode', 'currency', 'category', 'month'] as const).map(key => all.map(total => total[key]));
    await client.query(ADD_UP, [...keys, ...money]);
  }

  private total(month: string, { payment: { mode, currency, category, scale } }: Movement): Total {
    const key = `${mode} ${currency} ${category} ${month} ${scale}`;
    let total = this.totals.get(key);
    if (total === undefined) {
      const sums = { paid: 0n, recognised: 0n, refunded: 0n, breakage: 0n, revoked: 0n, deferred: 0n };
      total = { mode, currency, category, month, scale, sums };
      this.totals.set(key, total);
    }
    return total;
  }
}

function monthOf(at: Moment): string {
  return `${new Date(at).toISOString().slice(0, 'yyyy-mm'.length)}-01`;
}
