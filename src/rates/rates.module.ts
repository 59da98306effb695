import { Module } from '@nestjs/common';
import { UnitsModule } from '../units/units.module.js';
import { CardsInEffect } from './cards-in-effect.js';
import { RateCards } from './rate-cards.js';
import { StoredCards } from './stored-cards.js';

@Module({ imports: [UnitsModule], providers: [StoredCards, CardsInEffect, RateCards], exports: [RateCards] })
export class RatesModule {}
