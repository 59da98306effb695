import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { AccountReader } from './account-reader.js';
import { GetAccountHandler } from './get-account.js';
import { ListAccountsHandler } from './list-accounts.js';

@Module({ imports: [LedgerModule, UnitsModule], providers: [AccountReader, GetAccountHandler, ListAccountsHandler] })
export class AccountsModule {}
