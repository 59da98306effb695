import { formatAmount } from '../../shared/amount.js';
import type { SaleLot } from '../payments/sale.js';
import { smallestUnit } from '../payments/money.js';

/** What of a payment goes to whom, where the credits are somebody else's who has an account connected to ours. */
export interface Connect {
  /** The connected account that gets the money. */
  readonly destination: string;
  /** What stays with us, in the currency's main unit. */
  readonly applicationFee: string | null;
}

interface PackBase {
  readonly name: string;
  readonly active: boolean;
  readonly unit: string;
  readonly priority: number;
  /** From the moment it is paid; null for ever. */
  readonly expiresAfterSeconds: number | null;
  readonly connect: Connect | null;
  /** Stripe works out the tax. */
  readonly automaticTax: boolean;
  readonly promotionCodes: boolean;
}

/** So many credits for so much money. */
export interface FixedPack extends PackBase {
  readonly kind: 'fixed';
  readonly amount: string;
  readonly price: { readonly amount: string; readonly currency: string };
  /** A price of Stripe's, which then says what it costs; `price` is what it is expected to be. */
  readonly stripePrice: string | null;
  readonly bonus: { readonly amount: string; readonly expiresAfterSeconds: number | null } | null;
}

/** As many credits as the buyer wants. */
export interface OpenPack extends PackBase {
  readonly kind: 'open';
  /** Credits for one main unit of the currency. */
  readonly perUnit: string;
  readonly currency: string;
  /** Main units of the currency. */
  readonly least: string;
  readonly most: string;
}

export type PackDefinition = FixedPack | OpenPack;

/** Bonus burns before what was paid for. */
const BONUS_PRIORITY_BEFORE = 10;
/** Digits of a product before it is fitted to its unit: those of money and those of a unit. */
const DIGITS = 12;

/** What the lots of a fixed pack are. */
export function lotsOfFixed({ unit, amount, priority, expiresAfterSeconds, bonus }: FixedPack): SaleLot[] {
  const paid: SaleLot = { unit, amount, category: 'paid', priority, expiresAfterSeconds };
  if (bonus === null) return [paid];
  const onTop: SaleLot = {
    unit,
    amount: bonus.amount,
    category: 'promotional',
    priority: Math.max(0, priority - BONUS_PRIORITY_BEFORE),
    expiresAfterSeconds: bonus.expiresAfterSeconds,
  };
  return [paid, onTop];
}

/** What so much money buys of an open pack, rounded down to the unit's scale; undefined outside its limits. */
export function lotsOfOpen(pack: OpenPack, money: bigint, scale: number): SaleLot[] | undefined {
  const least = smallestUnit(pack.least, pack.currency)!;
  const most = smallestUnit(pack.most, pack.currency)!;
  if (money < least || money > most) return undefined;
  const { unit, priority, expiresAfterSeconds } = pack;
  const amount = product(money, pack.perUnit, pack.currency, scale);
  return amount === null ? undefined : [{ unit, amount, category: 'paid', priority, expiresAfterSeconds }];
}

/** The least money that buys at least so many base units of an open pack, or the nearest that its limits allow. */
export function moneyFor(pack: OpenPack, missing: bigint, scale: number): bigint {
  const { per, mainUnits } = rateOf(pack.perUnit, pack.currency);
  const divisor = per * 10n ** BigInt(scale);
  const money = (missing * mainUnits * 10n ** BigInt(DIGITS) + divisor - 1n) / divisor;
  const least = smallestUnit(pack.least, pack.currency)!;
  const most = smallestUnit(pack.most, pack.currency)!;
  return money < least ? least : money > most ? most : money;
}

function rateOf(perUnit: string, currency: string): { per: bigint; mainUnits: bigint } {
  const [whole = '0', fraction = ''] = perUnit.split('.');
  return { per: BigInt(whole + fraction.padEnd(DIGITS, '0')), mainUnits: smallestUnit('1', currency)! };
}

/** Null where it is nothing. */
function product(money: bigint, perUnit: string, currency: string, scale: number): string | null {
  const { per, mainUnits } = rateOf(perUnit, currency);
  const base = (money * per * 10n ** BigInt(scale)) / (mainUnits * 10n ** BigInt(DIGITS));
  return base === 0n ? null : formatAmount(base, scale);
}
