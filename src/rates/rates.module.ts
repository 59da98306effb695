import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { AccountCards } from './account-cards.js';
import { CardsInEffect } from './cards-in-effect.js';
import { Pricing } from './pricing.js';
import { RateCards } from './rate-cards.js';
import { ReservationEvents } from './reservation-events.js';
import { SimulateCard } from './simulate/simulate-card.js';
import { StoredCards } from './stored-cards.js';

@Module({
  imports: [LedgerModule, UnitsModule],
  providers: [AccountCards, StoredCards, CardsInEffect, RateCards, Pricing, ReservationEvents, SimulateCard],
  exports: [RateCards, Pricing, ReservationEvents, SimulateCard],
})
export class RatesModule {}
