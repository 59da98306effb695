import { LedgerError } from '../../shared/ledger-error.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { mainUnit, smallestUnit } from '../payments/money.js';
import type { Sale } from '../payments/sale.js';
import { lotsOfFixed, lotsOfOpen, moneyFor } from './pack.js';
import type { Packs } from './packs.js';
import { priceOf, type Price } from './session-params.js';

/** What the buyer wants: a pack, or as much money's worth as he chooses. */
export type Wanted = { readonly pack: string } | { readonly amount: string; readonly currency: string };

/** What would be agreed on: what is paid, and what it brings. */
export interface Offer {
  readonly pack: string;
  /** Of the credits. */
  readonly unit: string;
  readonly sale: Sale;
  readonly price: Price;
}

/** What packs come to, as they are now. */
export class Offers {
  constructor(
    private readonly packs: Packs,
    private readonly units: UnitRegistry,
  ) {}

  /** @throws LedgerError pack_not_found, or invalid_request where the amount is none of the currency, or beyond the pack's limits */
  async of(account: string, wanted: Wanted): Promise<Offer> {
    if ('pack' in wanted) {
      const { id, definition } = await this.packs.fixed(wanted.pack);
      const { amount, currency } = definition.price;
      const price = priceOf(definition, smallestUnit(amount, currency)!, currency);
      return { pack: id, unit: definition.unit, sale: { account, lots: lotsOfFixed(definition) }, price };
    }
    const currency = wanted.currency.toLowerCase();
    const { id, definition } = await this.packs.open(currency);
    const money = smallestUnit(wanted.amount, currency);
    if (money === null) throw invalidAmount(`is no amount of ${currency}: ${mainUnit(1999n, currency)} is one`);
    const { scale } = await this.units.find(definition.unit);
    const lots = lotsOfOpen(definition, money, scale);
    if (lots === undefined) throw invalidAmount(`must be ${definition.least} to ${definition.most} ${currency}`);
    const price = priceOf(definition, money, currency);
    return { pack: id, unit: definition.unit, sale: { account, lots }, price };
  }

  /**
   * Least money that buys so many base units, within the limits of the pack whose buyer chooses.
   * @throws LedgerError pack_not_found
   */
  async ofCredits(account: string, currency: string, missing: bigint): Promise<Offer> {
    const { definition } = await this.packs.open(currency);
    const { scale } = await this.units.find(definition.unit);
    const money = moneyFor(definition, missing, scale);
    return this.of(account, { amount: mainUnit(money, currency), currency });
  }
}

function invalidAmount(message: string): LedgerError {
  const errors = [{ location: 'body.amount', message }];
  return new LedgerError('invalid_request', `body.amount ${message}`, { errors });
}
