import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { GetBalanceHandler } from './get-balance.js';
import { PastBalances } from './past-balances.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [PastBalances, GetBalanceHandler] })
export class BalancesModule {}
