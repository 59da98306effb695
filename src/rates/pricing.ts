import { Injectable } from '@nestjs/common';
import type { Line } from '../ledger/domain/command.js';
import type { PricedEvent } from '../ledger/domain/priced-event.js';
import type { Target } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { AccountCards, DEFAULT_CARD } from './account-cards.js';
import type { CompiledCard } from './compiled-card.js';
import type { Quantity } from './cost-of-charge.js';
import { quantityOf } from './fixed-point.js';
import { priceEvent } from './price-event.js';
import { RateCards } from './rate-cards.js';
import type { AgreedRates } from './reservation-events.js';

/** An event as a request has it, its form checked. */
export interface GivenEvent {
  readonly meter: string;
  readonly quantity: GivenQuantity;
  readonly properties: Readonly<Record<string, string>>;
}

/** Decimals of at most 18 digits before and 9 after the point. */
export type GivenQuantity = string | Readonly<Record<string, string>>;

/** Turns events into lines of units, by the card that is in effect, or by the version that was agreed before. */
@Injectable()
export class Pricing {
  constructor(
    private readonly cards: RateCards,
    private readonly units: UnitRegistry,
    private readonly accounts: AccountCards,
  ) {}

  /**
   * Prices what is asked for now, by the card of the account's plan, or the default one.
   * @param part where the event stands in the request
   * @throws LedgerError meter_not_found, invalid_request, amount_too_large: another version may say otherwise
   */
  async priceNow(target: Target, event: GivenEvent, part: string): Promise<PricedEvent> {
    let name = DEFAULT_CARD;
    const clocked = target.mode === 'test' ? target.account : null;
    // A plan names no card but a published one: without others nobody has to ask for the account's.
    const ofPlan = async (): Promise<string> => (name = await this.accounts.cardOf(target));
    const card = await this.cards.currentOr(DEFAULT_CARD, clocked, ofPlan);
    if (card !== undefined) return this.price(card, event, part);
    throw new LedgerError(
      'meter_not_found',
      `there is no meter ${event.meter}: no version of the rate card ${name} is in effect`,
    );
  }

  /**
   * Prices what was done as it was agreed when it was reserved.
   * @param properties on top of those of the reservation
   * @throws LedgerError invalid_request, amount_too_large
   */
  async priceAgreed(
    agreed: AgreedRates,
    quantity: GivenQuantity,
    properties: GivenEvent['properties'],
    part: string,
  ): Promise<PricedEvent> {
    const card = await this.cards.published(agreed.card, agreed.version);
    return this.price(
      card,
      { meter: agreed.meter, quantity, properties: { ...agreed.properties, ...properties } },
      part,
    );
  }

  private async price(card: CompiledCard, event: GivenEvent, part: string): Promise<PricedEvent> {
    const lines = await this.linesOf(card, event, part);
    return { ...event, card: card.card, version: card.version, lines };
  }

  private async linesOf(card: CompiledCard, event: GivenEvent, part: string): Promise<readonly Line[]> {
    const scales = new Map<string, number>();
    for (const { unit } of card.meters.get(event.meter)?.charges ?? []) {
      scales.set(unit, (await this.units.find(unit)).scale);
    }
    const priced = priceEvent(card, { ...event, quantity: amountsOf(event.quantity) }, unit => scales.get(unit)!);
    if (priced.ok) return priced.lines;
    const { code, field, message } = priced;
    if (code === 'meter_not_found') throw new LedgerError(code, message);
    const location = `${part}.${field}`;
    throw new LedgerError(code, `${location} ${message}`, { errors: [{ location, message }] });
  }
}

export function amountsOf(quantity: GivenQuantity): Quantity {
  if (typeof quantity === 'string') return quantityOf(quantity);
  return new Map(Object.entries(quantity).map(([kind, amount]) => [kind, quantityOf(amount)]));
}
