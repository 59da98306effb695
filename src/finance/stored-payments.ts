import type { ClientBase } from 'pg';
import { formatMoment } from '../shared/moment.js';
import type { LotCategory } from '../ledger/domain/account.js';
import type { Mode } from '../ledger/submission.js';
import type { BookedEntry, PaidLot, PaidLots } from './fold-entry.js';
import type { Payment } from './payment.js';

/** One look-up a lot: both tables by their keys. */
const LOAD = `
SELECT l.lot::float8 AS lot, l.expires_at, l.subscription, l.through, p.account_no::float8 AS account_no, p.root::float8 AS root, p.mode, p.category,
       p.currency, p.scale, p.cost, p.granted, p.live, p.expired, p.revoked
FROM unnest($1::bigint[], $2::bigint[]) AS wanted(account_no, lot)
JOIN finance_lots l ON l.account_no = wanted.account_no AND l.lot = wanted.lot
JOIN finance_payments p ON p.account_no = l.account_no AND p.root = l.root`;

/** What a closed period may end; what has ended by then stays as it is. */
const LOAD_ENDING = `
SELECT l.account_no::float8 AS account_no, l.lot::float8 AS lot
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS closed(account_no, subscription, at)
JOIN finance_lots l ON l.account_no = closed.account_no AND l.subscription = closed.subscription
WHERE l.expires_at IS NULL OR l.expires_at > closed.at`;

const SAVE_PAYMENTS = `
INSERT INTO finance_payments
  (account_no, root, mode, category, currency, scale, cost, granted, live, expired, revoked)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::numeric[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
ON CONFLICT (account_no, root) DO UPDATE SET
  live = excluded.live, expired = excluded.expired, revoked = excluded.revoked`;

const SAVE_LOTS = `
INSERT INTO finance_lots (account_no, lot, root, expires_at, subscription, through)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::integer[])
ON CONFLICT (account_no, lot) DO UPDATE SET expires_at = excluded.expires_at`;

interface LotRow {
  readonly lot: number;
  readonly expires_at: Date | null;
  readonly subscription: string | null;
  readonly through: number | null;
  readonly account_no: number;
  readonly root: number;
  readonly mode: Mode;
  readonly category: LotCategory;
  readonly currency: string;
  readonly scale: number;
  readonly cost: string;
  readonly granted: string;
  readonly live: string;
  readonly expired: string;
  readonly revoked: string;
}

/** The payments that some entries are about: read before these are folded, changed by folding, saved after. */
export class StoredPayments {
  private readonly accounts = new Map<number, AccountLots>();

  static async ofEntries(client: ClientBase, booked: readonly BookedEntry[]): Promise<StoredPayments> {
    const stored = new StoredPayments();
    const wanted = new Map<string, readonly [number, number]>();
    for (const { accountNo, entry, inNameOf } of booked) {
      for (const { lot } of entry.lots) wanted.set(`${accountNo} ${lot}`, [accountNo, lot]);
      if (inNameOf !== null) wanted.set(`${accountNo} ${inNameOf}`, [accountNo, inNameOf]);
    }
    for (const [accountNo, lot] of await endingLots(client, booked))
      wanted.set(`${accountNo} ${lot}`, [accountNo, lot]);
    const pairs = [...wanted.values()];
    const values = [pairs.map(([accountNo]) => accountNo), pairs.map(([, lot]) => lot)];
    const { rows } = await client.query<LotRow>(LOAD, values);
    for (const row of rows) stored.of(row.account_no).load(row);
    return stored;
  }

  of(accountNo: number): AccountLots {
    let lots = this.accounts.get(accountNo);
    if (lots === undefined) {
      lots = new AccountLots();
      this.accounts.set(accountNo, lots);
    }
    return lots;
  }

  async save(client: ClientBase): Promise<void> {
    const accounts = [...this.accounts.values()];
    const payments = accounts.flatMap(({ payments }) => [...payments.values()]);
    const column = <T>(read: (payment: Payment) => T): T[] => payments.map(read);
    if (payments.length === 0) return;
    await client.query(SAVE_PAYMENTS, [
      column(payment => payment.accountNo),
      column(payment => payment.root),
      column(payment => payment.mode),
      column(payment => payment.category),
      column(payment => payment.currency),
      column(payment => payment.scale),
      column(payment => payment.cost),
      column(payment => payment.granted),
      column(payment => payment.live),
      column(payment => payment.expired),
      column(payment => payment.revoked),
    ]);
    const changed = accounts.flatMap(lots => [...lots.changed.values()]);
    if (changed.length === 0) return;
    await client.query(SAVE_LOTS, [
      changed.map(({ payment }) => payment.accountNo),
      changed.map(({ no }) => no),
      changed.map(({ payment }) => payment.root),
      changed.map(({ expiresAt }) => (expiresAt === null ? null : formatMoment(expiresAt))),
      changed.map(({ subscription }) => subscription),
      changed.map(({ through }) => through),
    ]);
  }
}

async function endingLots(
  client: ClientBase,
  booked: readonly BookedEntry[],
): Promise<readonly (readonly [number, number])[]> {
  const closing = booked.filter(({ entry }) => entry.subscription?.closes !== undefined);
  if (closing.length === 0) return [];
  const values = [
    closing.map(({ accountNo }) => accountNo),
    closing.map(({ entry }) => entry.subscription!.id),
    closing.map(({ entry }) => formatMoment(entry.effectiveAt)),
  ];
  const { rows } = await client.query<{ account_no: number; lot: number }>(LOAD_ENDING, values);
  return rows.map(({ account_no, lot }) => [account_no, lot] as const);
}

/** Lots of one payment share it, so that each sees what the others' entries did. */
class AccountLots implements PaidLots {
  readonly payments = new Map<number, Payment>();
  readonly changed = new Map<number, PaidLot>();
  private readonly lots = new Map<number, PaidLot>();

  get(no: number): PaidLot | undefined {
    return this.lots.get(no);
  }

  *of(subscription: string): Iterable<PaidLot> {
    for (const lot of this.lots.values()) if (lot.subscription === subscription) yield lot;
  }

  put(lot: PaidLot): void {
    this.lots.set(lot.no, lot);
    this.changed.set(lot.no, lot);
    this.payments.set(lot.payment.root, lot.payment);
  }

  load(row: LotRow): void {
    const payment = this.payments.get(row.root) ?? paymentOf(row);
    this.payments.set(payment.root, payment);
    const { lot: no, subscription, through } = row;
    this.lots.set(no, { no, payment, expiresAt: row.expires_at?.getTime() ?? null, subscription, through });
  }
}

function paymentOf(row: LotRow): Payment {
  return {
    accountNo: row.account_no,
    root: row.root,
    mode: row.mode,
    category: row.category,
    currency: row.currency,
    scale: row.scale,
    cost: BigInt(row.cost),
    granted: BigInt(row.granted),
    live: BigInt(row.live),
    expired: BigInt(row.expired),
    revoked: BigInt(row.revoked),
  };
}
