import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { EntryUnits } from './entry-units.js';
import { ListEntriesHandler } from './list-entries.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [EntryUnits, ListEntriesHandler], exports: [EntryUnits] })
export class EntriesModule {}
