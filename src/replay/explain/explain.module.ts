import { Module } from '@nestjs/common';
import { LedgerModule } from '../../ledger/ledger.module.js';
import { UnitsModule } from '../../units/units.module.js';
import { ExplainAccountHandler } from './explain-account.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [ExplainAccountHandler] })
export class ExplainModule {}
