import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { GetStatementHandler } from './get-statement.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [GetStatementHandler] })
export class StatementModule {}
