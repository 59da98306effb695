import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { ListLotsHandler } from './list-lots.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [ListLotsHandler] })
export class LotsModule {}
