import type { Cost } from '../../ledger/domain/cost.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import type { Target } from '../../ledger/submission.js';
import { mainUnit } from '../payments/money.js';

const NOTE = `
INSERT INTO stripe_invoice_money (invoice, item, amount, currency, fact)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
ON CONFLICT ON CONSTRAINT stripe_invoice_money_once DO NOTHING`;
const MEAN = `
UPDATE stripe_invoice_money SET fact = $2 WHERE item = $1 AND fact IS NULL AND currency = coalesce(
  (SELECT currency FROM stripe_invoice_money WHERE item = $1 AND fact = $2 LIMIT 1),
  (SELECT currency FROM stripe_invoice_money WHERE item = $1 AND fact IS NULL ORDER BY invoice LIMIT 1))`;
const SUM = `
SELECT currency, sum(amount)::text AS amount FROM stripe_invoice_money WHERE item = $1 AND fact = $2 GROUP BY currency`;
const FIRST_LOOSE = `
SELECT invoice FROM stripe_invoice_money WHERE item = $1 AND fact IS NULL ORDER BY invoice LIMIT 1`;
const LOOSE = `
SELECT m.item, min(m.invoice) AS invoice FROM stripe_invoice_money m JOIN stripe_subscription_items i USING (item)
WHERE i.subscription = $1 AND m.fact IS NULL GROUP BY m.item, m.currency ORDER BY m.item, invoice`;
const UNBOOKED = `
SELECT DISTINCT m.item, m.fact FROM stripe_invoice_money m JOIN stripe_subscription_items i USING (item)
WHERE i.subscription = $1 AND m.fact IS NOT NULL AND m.seq IS NULL ORDER BY m.item, m.fact`;
const BOOK = `UPDATE stripe_invoice_money SET seq = $3 WHERE item = $1 AND fact = $2 AND seq IS NULL`;
const LET_LOOSE = `UPDATE stripe_invoice_money SET fact = NULL WHERE item = $1 AND fact = $2 AND seq IS NULL`;
/** With what was paid in all for the same credits. */
const OF_INVOICE = `
SELECT m.item, i.ledger_id AS "ledgerId", m.amount::text AS amount, m.currency, m.fact, m.seq::float8 AS seq,
  (SELECT sum(o.amount) FROM stripe_invoice_money o WHERE o.item = m.item AND o.fact = m.fact)::text AS whole
FROM stripe_invoice_money m JOIN stripe_subscription_items i USING (item) WHERE m.invoice = $1 ORDER BY m.item`;
const RECORDED = `
SELECT f.fact, f.seq::float8 AS seq FROM facts f
WHERE f.account_no = (SELECT account_no FROM account_names WHERE mode = $1 AND id = $2) AND f.fact = ANY ($3)`;

/** What was paid for an item by an invoice. */
export interface PaidMoney {
  readonly invoice: string;
  readonly item: string;
  readonly amount: bigint;
  readonly currency: string;
  /** Of the period that the same invoice paid for; null where it paid for none. */
  readonly fact: string | null;
}

/** The same, and what it is the price of. */
export interface InvoiceShare extends Omit<PaidMoney, 'invoice'> {
  readonly ledgerId: string;
  readonly seq: number | null;
  /** What was paid in all for the credits of the fact. */
  readonly whole: bigint;
}

interface ShareRow extends Omit<InvoiceShare, 'amount' | 'whole'> {
  readonly amount: string;
  readonly whole: string | null;
}

/**
 * Money of paid invoices and the credits it paid for. Every amount is the price of one thing: of the period that the same
 * invoice paid for, else of the next thing that the item is given. Which, is written before that is given. Only by who has
 * taken the subscription.
 */
export class StoredMoney {
  constructor(private readonly database: Queryable) {}

  /** What was noted before stays as it is. */
  async note(paid: readonly PaidMoney[]): Promise<void> {
    const column = <T>(read: (each: PaidMoney) => T): T[] => paid.map(read);
    const values = [
      column(({ invoice }) => invoice),
      column(({ item }) => item),
      column(({ amount }) => amount),
      column(({ currency }) => currency),
      column(({ fact }) => fact),
    ];
    if (paid.length > 0) await this.database.query({ text: NOTE, values });
  }

  /** Whatever is the price of nothing yet becomes the price of this. @returns undefined where nothing was paid for it */
  async mean(item: string, fact: string): Promise<Cost | undefined> {
    await this.database.query({ text: MEAN, values: [item, fact] });
    const { rows } = await this.database.query<{ currency: string; amount: string }>({
      text: SUM,
      values: [item, fact],
    });
    const [sum] = rows;
    if (sum === undefined) return undefined;
    return { amount: mainUnit(BigInt(sum.amount), sum.currency), currency: sum.currency.toUpperCase() };
  }

  /** The invoice that what is given next will be paid by; undefined where there is none. */
  async firstLoose(item: string): Promise<string | undefined> {
    return (await this.database.query<{ invoice: string }>({ text: FIRST_LOOSE, values: [item] })).rows[0]?.invoice;
  }

  /** Items with money that is the price of nothing yet, with an invoice of each of its currencies. */
  async loose(subscription: string): Promise<readonly { readonly item: string; readonly invoice: string }[]> {
    const values = [subscription];
    return (await this.database.query<{ item: string; invoice: string }>({ text: LOOSE, values })).rows;
  }

  async unbooked(subscription: string): Promise<readonly { readonly item: string; readonly fact: string }[]> {
    const values = [subscription];
    return (await this.database.query<{ item: string; fact: string }>({ text: UNBOOKED, values })).rows;
  }

  async book(item: string, fact: string, seq: number): Promise<void> {
    await this.database.query({ text: BOOK, values: [item, fact, seq] });
  }

  /** What it was to be the price of is not given: it is the price of what is given next. */
  async letLoose(item: string, fact: string): Promise<void> {
    await this.database.query({ text: LET_LOOSE, values: [item, fact] });
  }

  async ofInvoice(invoice: string): Promise<InvoiceShare[]> {
    const { rows } = await this.database.query<ShareRow>({ text: OF_INVOICE, values: [invoice] });
    return rows.map(row => ({ ...row, amount: BigInt(row.amount), whole: BigInt(row.whole ?? row.amount) }));
  }

  /** By fact, the entry that each points at which is recorded. */
  async recorded({ mode, account }: Target, facts: readonly string[]): Promise<Map<string, number>> {
    if (facts.length === 0) return new Map();
    const { rows } = await this.database.query<{ fact: string; seq: number }>({
      text: RECORDED,
      values: [mode, account, facts],
    });
    return new Map(rows.map(({ fact, seq }) => [fact, seq]));
  }
}
