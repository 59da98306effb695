import { z } from 'zod';
import type { Mode } from '../../ledger/submission.js';
import { whyNoAccountId } from '../../shared/account-id.js';
import { parseAmount } from '../../shared/amount.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { mainUnit } from './money.js';
import type { Payment, PurchasedLot } from './payment.js';

/** What a payment brings, as it was agreed on before it was paid. */
export interface Sale {
  readonly account: string;
  readonly lots: readonly SaleLot[];
}

export interface SaleLot {
  readonly unit: string;
  /** Whole units, as a decimal. */
  readonly amount: string;
  /** What comes on top is not paid for, so it burns first and is no revenue. */
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly expiresAfterSeconds: number | null;
}

/** What whoever makes payment intents by himself writes into their metadata. */
const metadataOfOthers = z.object({
  credits_account: z.string(),
  credits_amount: z.string(),
  credits_unit: z.string().default('credits'),
});

/** The metadata that leads from a payment to what was agreed on. */
export const TOP_UP = 'credits_top_up';
export const ACCOUNT = 'credits_account';
const DEFAULT_PRIORITY = 50;

/**
 * What a payment intent of somebody else's brings. Whoever can write its metadata has Stripe's secret key.
 * @returns undefined where it says nothing of credits
 * @throws LedgerError invalid_request where it says it wrongly
 */
export function saleOfMetadata(metadata: Readonly<Record<string, string>>): Sale | undefined {
  if (metadata[ACCOUNT] === undefined) return undefined;
  const read = metadataOfOthers.safeParse(metadata);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new LedgerError('invalid_request', `metadata.${issue?.path.join('.')} of the payment: ${issue?.message}`);
  }
  const { credits_account: account, credits_amount: amount, credits_unit: unit } = read.data;
  mustBeAccount(account, 'the payment');
  const lot = { unit, amount, category: 'paid', priority: DEFAULT_PRIORITY, expiresAfterSeconds: null } as const;
  return { account, lots: [lot] };
}

/** @throws LedgerError invalid_request where metadata names an account that none can be */
export function mustBeAccount(named: string, of: string): void {
  const why = whyNoAccountId(named);
  if (why !== null) throw new LedgerError('invalid_request', `metadata.${ACCOUNT} of ${of} ${why}`);
}

export interface PaidMoney {
  readonly payment: string;
  readonly mode: Mode;
  readonly stripeAccount: string | null;
  readonly paid: bigint;
  /** Of that: it is the state's, so it is no price of anything. */
  readonly tax: bigint;
  readonly currency: string;
}

/**
 * The payment of a sale: amounts in base units, and what was paid, without tax, on the lot that was paid for.
 * @throws LedgerError unit_not_found, or invalid_request where an amount does not fit its unit
 */
export async function paymentOf(sale: Sale, { tax, ...money }: PaidMoney, units: UnitRegistry): Promise<Payment> {
  const price = tax < money.paid ? money.paid - tax : 0n;
  const lots: PurchasedLot[] = [];
  for (const { unit, amount: text, ...lot } of sale.lots) {
    const { scale } = await units.find(unit);
    const amount = parseAmount(text, scale);
    if (!amount.ok || amount.units === 0n) {
      const why = amount.ok ? 'must be more than zero' : amount.message;
      throw new LedgerError('invalid_request', `${money.payment} brings ${JSON.stringify(text)} ${unit}, which ${why}`);
    }
    const isPaid = lot.category === 'paid';
    const currency = money.currency.toUpperCase();
    const cost = isPaid ? { amount: mainUnit(price, money.currency), currency } : null;
    lots.push({ unit, amount: amount.units, ...lot, cost, reason: isPaid ? 'top-up' : 'top-up bonus' });
  }
  return { ...money, account: sale.account, lots };
}
